/** The benchmarks run and say something. What they say is for people to judge: figures are no test. */
import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type CompiledSources, compileSources } from '../support/compileSources.js';
import { run, runOrThrow } from '../support/run.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

interface Report {
  node: string;
  cores: number;
  figures: { bench: string; title: string; ours: number; theirs: number; value: number; spread: number[] }[];
}

/** The package as it is found by its name, built from these sources. */
const home = mkdtempSync(join(tmpdir(), 'mcp-lifeline-bench-'));
let compiled: CompiledSources;

beforeAll(async () => {
  compiled = await compileSources();
  await runOrThrow(process.execPath, [join(root, 'src/cli/bundle.mjs'), compiled.directory]);
  for (const part of ['bench', 'package.json'])
    cpSync(join(root, part), join(home, part), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(home, 'node_modules'));
  symlinkSync(compiled.directory, join(home, 'dist'));
});

afterAll(() => {
  rmSync(home, { recursive: true });
  compiled.remove();
});

const bench = (...args: string[]) => [join(home, 'bench', 'run.mjs'), '--budget', 'minimal', ...args];

test('each yields figures', async ({ signal }) => {
  const { stdout } = await runOrThrow(process.execPath, bench('--json'), { signal });
  const { node, cores, figures }: Report = JSON.parse(stdout);
  expect(node).toBe(process.version);
  expect(cores).toBeGreaterThan(0);
  expect(new Set(figures.map((figure) => figure.bench))).toEqual(
    new Set(['calls', 'recovery', 'memory', 'creation', 'pool', 'command']),
  );
  expect(new Set(figures.map(({ title }) => title)).size).toBe(figures.length);
  for (const { title, ours, theirs, value, spread } of figures) {
    expect(spread, title).toHaveLength(2);
    for (const number of [ours, theirs, value, ...spread]) expect(number, title).toSatisfy(Number.isFinite);
    expect(Math.min(ours, theirs), title).toBeGreaterThan(0);
  }
});

test('one alone says for people whether its target was met', async ({ signal }) => {
  const { stdout } = await runOrThrow(process.execPath, bench('memory'), { signal });
  const [machine, , headings, ...rows] = stdout.trim().split('\n');
  expect(machine).toContain(process.version);
  expect(headings).toContain('target');
  expect(rows).toHaveLength(1);
  expect(rows[0]).toMatch(/^heap of an idle connection.* KiB .* ≤ 16\.0 KiB (met|MISSED)$/);
});

test('one that does not exist is refused, with those that do', async ({ signal }) => {
  const { code, stdout, stderr } = await run(process.execPath, bench('dreams'), { signal });
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain('calls | recovery | memory | creation | pool | command');
});
