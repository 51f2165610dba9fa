/** What a call through a warm daemon costs is decided by what the command loads for it. */
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { readSources, staticallyReached } from '../house/importGraph.js';
import { runOrThrow } from '../support/run.js';
import { buildCommand, User } from './support.js';

const command = buildCommand();
const cheap = ['node:crypto', 'node:fs', 'node:net', 'node:os', 'node:path', 'node:tty'];

/** Bytes of the bundle. To read and compile each KiB takes as long as a dozen system calls. */
const LARGEST = 50_000;

/** Writes down which modules of Node a process has loaded, its internal ones included. */
const RECORDER = `
process.on('exit', () => require('node:fs').writeFileSync(process.env.LOADED, JSON.stringify(process.moduleLoadList)));
`;

/** What a call cannot do without: a socket, the home directory, signals, and an output that is a pipe. */
const LEAST = `
for (const module of ['net', 'os', 'path', 'tty']) require('node:' + module);
new AbortController();
setTimeout(() => {}, 0);
process.on('SIGINT', () => {});
process.stdout.write('');
`;

test('the sources of what every command loads need a few modules of Node, and no package', () => {
  const sources = readSources(fileURLToPath(new URL('../..', import.meta.url)), ['machines', 'src'], '.ts');
  const { files, packages } = staticallyReached('src/cli/main.ts', sources);
  expect([...files.keys()]).toContain('src/cli/commands/call.ts');
  const dear = [...packages].filter(([specifier]) => !cheap.includes(specifier));
  expect(dear.map(([specifier, trail]) => `${specifier} by way of ${trail.join(' → ')}`)).toEqual([]);
});

test('the bundle requires nothing else', () => {
  const text = readFileSync(command.path, 'utf8');
  const required = [...text.matchAll(/require\("([^"]+)"\)/g)].map(([, specifier]) => specifier);
  expect([...new Set(required)].sort()).toEqual(cheap);
});

test('the bundle is small', () => {
  expect(statSync(command.path).size).toBeLessThan(LARGEST);
});

test('what the bundle loads late is in the build', () => {
  const text = readFileSync(command.path, 'utf8');
  const late = [...text.matchAll(/import\("([^"]+)"\)/g)].map(([, specifier]) => specifier ?? '');
  expect(late).toContain('../src/daemon/client/startDaemon.js');
  for (const specifier of late) {
    const path = fileURLToPath(new URL(specifier, `file://${command.path}`));
    expect(readFileSync(path, 'utf8')).not.toBe('');
  }
});

test('a call through a warm daemon loads nothing of Node that a socket and an output do not need', async () => {
  const user = new User(command);
  const least = join(user.home, 'least.cjs');
  writeFileSync(least, LEAST);
  await user.lifeline(['call', 'demo', 'echo', 'text=hi']);
  const needed = await modulesOf(user, [least]);
  const loaded = await modulesOf(user, [command.path, 'call', 'demo', 'echo', 'text=hi']);
  expect(loaded).toContain('NativeModule net');
  expect(loaded.filter((name) => !needed.includes(name))).toEqual([]);
});

/** What a program has loaded when it ends. */
async function modulesOf(user: User, program: readonly string[]): Promise<string[]> {
  const recorder = join(user.home, 'recorder.cjs');
  const list = join(user.home, 'loaded.json');
  writeFileSync(recorder, RECORDER);
  await runOrThrow(process.execPath, ['--require', recorder, ...program], {
    cwd: user.project,
    env: { ...user.env, LOADED: list },
  });
  const loaded: unknown = JSON.parse(readFileSync(list, 'utf8'));
  return Array.isArray(loaded) ? loaded.map(String) : [];
}
