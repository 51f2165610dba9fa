/**
 * npm run test:soak -- [properties | storm | leaks | load] [--seed N] …
 *
 * Compiles the sources and the soak into a folder of their own, and runs it there in a process of its own:
 * what is to be counted must not be mixed with what a test runner has.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SOAKS = ['properties', 'storm', 'leaks', 'load'];
const SIGNALS = ['SIGINT', 'SIGTERM'];

const root = fileURLToPath(new URL('../..', import.meta.url));
/** Inside the package, so that what it imports is found; ignored by git and by the tools. */
const cache = join(root, 'node_modules', '.cache', 'mcp-lifeline');
mkdirSync(cache, { recursive: true });
const directory = mkdtempSync(join(cache, 'soak-'));
process.on('exit', () => rmSync(directory, { recursive: true, force: true }));
writeFileSync(join(directory, 'package.json'), '{ "type": "module" }\n');

const compiler = join(root, 'node_modules', '.bin', 'tsc');
const compiling = ['-p', 'test/soak', '--outDir', directory, '--noCheck'];
const { status } = spawnSync(compiler, compiling, { cwd: root, stdio: 'inherit' });
if (status !== 0) process.exit(2);

// `load` runs the command itself, from the same folder.
const bundling = ['src/cli/bundle.mjs', directory];
if (spawnSync(process.execPath, bundling, { cwd: root, stdio: 'inherit' }).status !== 0) process.exit(2);

const args = process.argv.slice(2);
const named = SOAKS.filter((name) => args.includes(name));
const others = args.filter((argument) => !SOAKS.includes(argument));

/** Each in a process of its own: what one leaves behind must not be counted by the next. */
function run(soak) {
  const main = join(directory, 'test', 'soak', 'main.js');
  const child = spawn(process.execPath, ['--expose-gc', main, soak, ...others], {
    cwd: root,
    stdio: 'inherit',
  });
  // The soak ends its servers, and then itself; only then may its folder go.
  const forward = (signal) => child.kill(signal);
  for (const signal of SIGNALS) process.on(signal, forward);
  return new Promise((resolve) => {
    child.once('exit', (code) => {
      for (const signal of SIGNALS) process.off(signal, forward);
      resolve(code ?? 1);
    });
  });
}

for (const soak of named.length > 0 ? named : SOAKS) {
  const code = await run(soak);
  process.exitCode ||= code;
  // A signal or a mistake in the command line ends them all.
  if (code > 1) break;
}
