/** What the storm must not let through. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Report } from '../report.js';
import { drawFaults } from './faults.js';
import type { Ending, LoadedCall, LoadKind } from './load.js';
import { type Judged, judge } from './verdict.js';

const facts = { code: 'CONNECTION_LOST' };
const succeeded: Ending = { how: 'succeeded' };
const failed: Ending = { how: 'failed', ...facts, mayHaveExecuted: true };
const unsent: Ending = { how: 'failed', ...facts, mayHaveExecuted: false };

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mcp-lifeline-verdict-'));
  vi.spyOn(console, 'log').mockImplementation(() => {});
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

const call = (key: string, ending: Ending | null = succeeded, kind: LoadKind = 'tool'): LoadedCall => ({
  kind,
  keys: [key],
  settlements: ending === null ? 0 : 1,
  ending,
});

/** What is wrong, given these calls and what the server wrote down. */
function verdict(
  calls: LoadedCall[],
  executed: string[],
  books: Partial<Judged['manager']['stats']['calls']> = {},
) {
  const ledger = join(folder, 'ledger');
  writeFileSync(ledger, executed.map((key) => `${key}\n`).join(''));
  const count = (how: Ending['how']) => calls.filter(({ ending }) => ending?.how === how).length;
  const stats = {
    accepted: calls.length,
    sent: calls.length,
    succeeded: count('succeeded'),
    failed: count('failed') + count('refused') + count('wrong'),
    cancelled: count('cancelled'),
    inFlight: 0,
    waiting: 0,
    ...books,
  };
  const report = new Report();
  judge(
    [{ name: 'one', ledger, calls, reconnects: [], manager: { stats: { connects: 1, calls: stats } } }],
    report,
  );
  return report.failures;
}

test('lets what is in order through', () => {
  const calls = [
    call('a'),
    call('b', failed),
    call('c', failed),
    call('d', unsent),
    call('e', succeeded, 'read'),
  ];
  expect(verdict(calls, ['a', 'b', 'e', 'e'])).toEqual([]);
});

test.each<[string, LoadedCall[], string[]]>([
  ['non-idempotent calls executed twice', [call('a')], ['a', 'a']],
  ['non-idempotent calls executed twice', [call('a', failed, 'run')], ['a', 'a']],
  ['idempotent calls executed more often', [call('a', succeeded, 'harmless')], ['a', 'a', 'a']],
  ['successes never executed', [call('a')], []],
  ['of these executed all the same', [call('a', unsent)], ['a']],
  ['calls that nobody made', [call('a')], ['a', 'b']],
  ['calls that ended as none should', [call('a', { how: 'wrong', reason: 'another’s answer' })], ['a']],
  ['did not settle exactly once', [call('a', null)], ['a']],
  ['did not settle exactly once', [{ ...call('a'), settlements: 2 }], ['a']],
])('notices %s', (name, calls, executed) => {
  expect(verdict(calls, executed).join('\n')).toContain(name);
});

test.each([{ accepted: 2 }, { inFlight: 1 }, { waiting: 1 }, { succeeded: 0 }, { cancelled: 1 }])(
  'notices wrong books: %o',
  (books) => {
    expect(verdict([call('a')], ['a'], books).join('\n')).toContain('the books of one are wrong');
  },
);

test('the same seed draws the same faults, another one others', () => {
  const drawn = drawFaults(3, 4, 40);
  expect(drawn.flat()).toHaveLength(40);
  expect(drawFaults(3, 4, 40)).toEqual(drawn);
  expect(drawFaults(4, 4, 40)).not.toEqual(drawn);
});
