/**
 * Seeds one fault at a time into a copy of the project and runs the tests of the chart. Exits with 1
 * when a fault goes unnoticed, or can no longer be seeded.
 *
 *   node test/seeded-faults/run.mjs [part of a name]
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { faults } from './faults.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const parts = ['machines', 'src', 'test', 'package.json', 'tsconfig.json', 'vitest.config.ts'];
/** Cheapest first: most faults need only those. */
const suites = [['test/walk', 'test/machines'], ['test/properties']];

const copy = mkdtempSync(join(tmpdir(), 'lifeline-faults-'));
process.on('exit', () => rmSync(copy, { recursive: true, force: true }));
for (const part of parts) cpSync(join(root, part), join(copy, part), { recursive: true });
symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));

function testsFail(suite) {
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  const run = spawnSync(process.execPath, [vitest, 'run', '--bail=1', ...suite], {
    cwd: copy,
    encoding: 'utf8',
    timeout: 240_000,
  });
  // A test that never ends has noticed, too.
  if (run.error && run.error.code !== 'ETIMEDOUT') throw run.error;
  if (/No test files found/.test(run.stdout + run.stderr)) throw new Error(`no tests in ${suite}`);
  return run.status !== 0;
}

function isCaught({ file, code, fault }) {
  const path = join(copy, file);
  const original = readFileSync(path, 'utf8');
  if (original.split(code).length !== 2) throw new Error(`not exactly once in ${file}: ${code}`);
  writeFileSync(
    path,
    original.replace(code, () => fault),
  );
  try {
    return suites.find((suite) => testsFail(suite));
  } finally {
    writeFileSync(path, original);
  }
}

const wanted = process.argv[2] ?? '';
const chosen = faults.filter(({ name }) => name.includes(wanted));
if (suites.some((suite) => testsFail(suite))) throw new Error('the tests fail without any fault');
let caught = 0;
for (const fault of chosen) {
  const by = isCaught(fault);
  if (by) caught += 1;
  console.log(`${by ? 'caught  ' : 'UNNOTICED'} ${fault.name}${by ? ` (${by.join(', ')})` : ''}`);
}
console.log(`${caught} of ${chosen.length} seeded faults caught`);
process.exitCode = chosen.length > 0 && caught === chosen.length ? 0 : 1;
