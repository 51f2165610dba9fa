/**
 * Seeds one fault at a time into a copy of the project and runs the tests of the chart. Exits with 1
 * when a fault goes unnoticed, or can no longer be seeded.
 *
 *   node test/seeded-faults/run.mjs [part of a name]
 */
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { faults } from './faults.mjs';
import { runInGroup } from './runInGroup.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const parts = ['machines', 'src', 'test', 'package.json', 'tsconfig.json', 'vitest.config.ts'];
/** Not the properties: what they find depends on their seed, and no fault may go unnoticed by chance. */
const suite = ['test/walk', 'test/machines'];
const longest = 240_000;

const copy = mkdtempSync(join(tmpdir(), 'lifeline-faults-'));
process.on('exit', () => rmSync(copy, { recursive: true, force: true }));
for (const part of parts) cpSync(join(root, part), join(copy, part), { recursive: true });
symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));

async function testsFail() {
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  const args = [vitest, 'run', '--bail=1', ...suite];
  const { code, output, isHung } = await runInGroup(process.execPath, args, { cwd: copy, timeout: longest });
  // A test that never ends has noticed, too.
  if (isHung) return true;
  if (/No test files found/.test(output)) throw new Error(`no tests in ${suite}`);
  return code !== 0;
}

async function isNoticed({ file, code, fault }) {
  const path = join(copy, file);
  const original = readFileSync(path, 'utf8');
  if (original.split(code).length !== 2) throw new Error(`not exactly once in ${file}: ${code}`);
  writeFileSync(
    path,
    original.replace(code, () => fault),
  );
  try {
    return await testsFail();
  } finally {
    writeFileSync(path, original);
  }
}

const wanted = process.argv[2] ?? '';
const chosen = faults.filter(({ name }) => name.includes(wanted));
if (await testsFail()) throw new Error(`without any fault, tests fail in ${suite.join(', ')}`);
let caught = 0;
for (const fault of chosen) {
  const isCaught = await isNoticed(fault);
  if (isCaught) caught += 1;
  console.log(`${isCaught ? 'caught   ' : 'UNNOTICED'} ${fault.name}`);
}
console.log(`${caught} of ${chosen.length} seeded faults caught`);
process.exitCode = chosen.length > 0 && caught === chosen.length ? 0 : 1;
