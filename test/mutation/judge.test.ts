import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { explained } from './explained.mjs';
import { describeJudgement, isHeld, judge, score } from './judge.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const source = ['const limit = 3;', 'export const isOver = (n: number) =>', '  n > limit;', ''].join('\n');

const mutant = (status: string, line: number, [start, end]: [number, number], replacement: string) => ({
  status,
  mutatorName: 'AnyMutator',
  replacement,
  location: { start: { line, column: start }, end: { line, column: end } },
});
const survivor = mutant('Survived', 3, [3, 12], 'n >= limit');
const files = {
  'a.ts': {
    source,
    mutants: [
      mutant('Killed', 3, [3, 12], 'true'),
      mutant('Timeout', 3, [3, 12], 'false'),
      survivor,
      mutant('NoCoverage', 1, [15, 16], '4'),
      mutant('Ignored', 1, [15, 16], '5'),
      mutant('RuntimeError', 1, [1, 6], ''),
    ],
  },
};
const known = [
  { file: 'a.ts', from: 'n > limit;', to: 'n >= limit;', reason: 'nobody counts that far' },
  { file: 'a.ts', from: 'const limit = 3;', to: 'const limit = 4;', reason: 'is as good' },
];

describe('a report of mutants', () => {
  test('scores the share that tests found, by failing or by never ending', () => {
    expect(score(judge(files, []))).toBe(50);
    expect(score(judge(files, known))).toBe(50);
    expect(describeJudgement('all', judge(files, known))).toContain(
      '1 killed, 1 timed out, 1 survived, 1 not covered; 1 not loadable, 1 ignored',
    );
  });

  test('holds only where every survivor is explained, uncovered ones included', () => {
    expect(isHeld(judge(files, known))).toBe(true);
    for (const entry of known) {
      const judgement = judge(files, [entry]);
      expect(isHeld(judgement)).toBe(false);
      expect(judgement.unexplained).toHaveLength(1);
      expect(describeJudgement('all', judgement)).toMatch(/^survived:\n {2}a\.ts:\d {2}AnyMutator/);
    }
  });

  test('knows a survivor by its text, wherever it has moved', () => {
    const moved = {
      ...survivor,
      location: { start: { line: 4, column: 3 }, end: { line: 4, column: 12 } },
    };
    const file = { source: `// a comment\n${source}`, mutants: [moved] };
    expect(isHeld(judge({ 'a.ts': file }, known.slice(0, 1)))).toBe(true);
    expect(isHeld(judge({ 'b.ts': file }, known.slice(0, 1)))).toBe(false);
  });

  test('takes an entry for one survivor, if it does not say how many', () => {
    const twins = { 'a.ts': { source, mutants: [survivor, survivor] } };
    const [entry] = known;
    if (entry === undefined) throw new Error('nothing is known');
    expect(judge(twins, [entry]).unexplained).toHaveLength(1);
    expect(isHeld(judge(twins, [{ ...entry, times: 2 }]))).toBe(true);
    expect(judge(twins, [{ ...entry, times: 3 }]).outdated).toHaveLength(1);
  });

  test('does not hold with an entry that fits nothing, in the files that were looked at', () => {
    const elsewhere = { file: 'b.ts', from: 'a', to: 'b', reason: 'another run looks at it' };
    expect(isHeld(judge(files, [...known, elsewhere]))).toBe(true);
    const gone = { file: 'a.ts', from: 'n < limit;', to: 'n <= limit;', reason: 'it was so once' };
    const judgement = judge(files, [...known, gone]);
    expect(isHeld(judgement)).toBe(false);
    expect(judgement.outdated).toMatchObject([gone]);
  });
});

// That they survive takes a run: `npm run test:mutation -- machines`.
test.each(explained)(
  'the code of an explained survivor is still there: $from → $to',
  ({ file, ...entry }) => {
    const code = readFileSync(join(root, file), 'utf8').replaceAll(/\s+/g, ' ');
    expect(code.split(entry.from).length - 1).toBeGreaterThanOrEqual(1);
    expect(entry.to).not.toBe(entry.from);
    expect(entry.reason).not.toBe('');
  },
);
