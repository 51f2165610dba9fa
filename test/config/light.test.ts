/** What every short command loads: it must cost next to nothing. */
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { readSources, staticallyReached } from '../house/importGraph.js';

const sources = readSources(fileURLToPath(new URL('../..', import.meta.url)), ['machines', 'src'], '.ts');

test.each([
  'configFileError',
  'findConfig',
  'fingerprint',
  'places',
  'readConfigText',
  'references',
  'toolRules',
  'trust',
])('src/config/%s.ts loads a few modules of Node, and no package', (name) => {
  const { packages } = staticallyReached(`src/config/${name}.ts`, sources);
  const allowed = ['node:crypto', 'node:fs', 'node:path'];
  expect([...packages.keys()].filter((specifier) => !allowed.includes(specifier))).toEqual([]);
});

test('the schema library is seen where it is loaded', () => {
  const { packages } = staticallyReached('src/config/loadConfig.ts', sources);
  expect([...packages.keys()]).toContain('zod');
});
