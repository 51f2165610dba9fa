/** What a call through a warm daemon costs is decided by what the command loads for it. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { readSources, staticallyReached } from '../house/importGraph.js';
import { buildCommand } from './support.js';

const command = buildCommand();
const cheap = ['node:crypto', 'node:fs', 'node:net', 'node:os', 'node:path'];

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

test('what the bundle loads late is in the build', () => {
  const text = readFileSync(command.path, 'utf8');
  const late = [...text.matchAll(/import\("([^"]+)"\)/g)].map(([, specifier]) => specifier ?? '');
  expect(late).toContain('../src/daemon/client/startDaemon.js');
  for (const specifier of late) {
    const path = fileURLToPath(new URL(specifier, `file://${command.path}`));
    expect(readFileSync(path, 'utf8')).not.toBe('');
  }
});
