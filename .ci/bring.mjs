// Brings an npm package that is no dependency of ours, once, and prints the path of a file in it.
//
//   node .ci/bring.mjs node@24 bin/node
//   node .ci/bring.mjs @modelcontextprotocol/conformance@0.1.16 dist/index.js
//
// Further packages may be named behind the file: they are installed beside the first.
//
// What needs another Node than ours, or is too large for everyone who installs, comes this way. It is
// kept in node_modules/.cache, so that `npm ci` starts afresh and a second call is free.
import { spawnSync } from 'node:child_process';
import { accessSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const [specifier, file, ...others] = process.argv.slice(2);
if (specifier === undefined || file === undefined) {
  throw new Error('usage: bring.mjs <package>@<version> <file in it> [<package>@<version>...]');
}
const name = specifier.slice(0, specifier.lastIndexOf('@'));
const cache = fileURLToPath(new URL('../node_modules/.cache/mcp-lifeline', import.meta.url));
const home = join(cache, [specifier, ...others].join(',').replaceAll('/', '+'));
const pathIn = (folder) => join(folder, 'node_modules', name, file);

if (!existsSync(pathIn(home))) bring();
process.stdout.write(`${pathIn(home)}\n`);

/** Installs aside and moves into place: whoever looks meanwhile sees nothing or all of it. */
function bring() {
  mkdirSync(cache, { recursive: true });
  const aside = mkdtempSync(join(cache, 'aside-'));
  try {
    writeFileSync(join(aside, 'package.json'), '{ "private": true }\n');
    install(aside, specifier, ...others);
    if (name === 'node') ensureBinary(aside);
    accessSync(pathIn(aside));
    putInPlace(aside);
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
}

function putInPlace(aside) {
  try {
    renameSync(aside, home);
  } catch (error) {
    // Somebody else was faster: theirs is as good.
    if (!existsSync(pathIn(home))) throw error;
  }
}

function install(folder, ...packages) {
  const args = [
    'install',
    '--prefix',
    folder,
    '--no-audit',
    '--no-fund',
    '--no-package-lock',
    '--loglevel=error',
  ];
  // `node` finds the binary for this platform in an install script.
  const result = spawnSync('npm', [...args, '--ignore-scripts=false', ...packages], {
    cwd: folder,
    stdio: ['ignore', process.stderr, process.stderr],
  });
  if (result.status !== 0)
    throw new Error(`npm install ${packages.join(' ')} ended with ${result.status ?? result.signal}`);
}

/** Where install scripts do not run, the package of the platform is asked for by its own name. */
function ensureBinary(folder) {
  const binary = pathIn(folder);
  if (runs(binary)) return;
  const prefix = process.platform === 'darwin' && process.arch === 'arm64' ? 'node-bin' : 'node';
  const platformName = `${prefix}-${process.platform}-${process.arch}`;
  install(folder, specifier.replace(/^node@/, `${platformName}@`));
  mkdirSync(dirname(binary), { recursive: true });
  rmSync(binary, { force: true });
  renameSync(join(folder, 'node_modules', platformName, 'bin', 'node'), binary);
  if (!runs(binary)) throw new Error(`${specifier} brought no Node for ${process.platform} ${process.arch}`);
}

function runs(binary) {
  return spawnSync(binary, ['--version'], { stdio: 'ignore' }).status === 0;
}
