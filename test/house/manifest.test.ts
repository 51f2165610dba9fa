import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { PACKAGE } from '../../src/package.js';
import { readSources, staticallyReached } from './importGraph.js';
import { packageOf } from './imports.js';
import { type Manifest, root } from './packed.js';

const manifest: Manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

test('the package tells servers the name and version that npm knows', () => {
  expect(PACKAGE).toEqual({ name: manifest.name, version: manifest.version });
});

test('the README asks for the same Node as the package', () => {
  const oldest = manifest.engines.node.replace('>=', '');
  expect(readFileSync(join(root, 'README.md'), 'utf8')).toContain(`With Node ${oldest} or newer`);
});

test('what need not be installed is loaded by no entry as it loads, but by the one that is made for it', () => {
  const { peerDependenciesMeta } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const optional = Object.keys(peerDependenciesMeta);
  const sources = readSources(root, ['machines', 'src'], '.ts');
  const loading = Object.values(manifest.exports)
    .flatMap((target) => (typeof target === 'object' && target !== null ? Object.values(target) : []))
    .filter((file): file is string => typeof file === 'string' && file.endsWith('.js'))
    .map((file) => file.replace('./dist/', '').replace(/js$/, 'ts'))
    .flatMap((file) =>
      [...staticallyReached(file, sources).packages.keys()].map((name) => `${file}: ${packageOf(name)}`),
    );
  expect(optional.length).toBeGreaterThan(1);
  expect(loading).toContain('src/graph/index.ts: @xstate/graph');
  const wrong = loading.filter((each) => optional.some((name) => each.endsWith(`: ${name}`)));
  expect(wrong).toEqual(['src/testing/fast-check/index.ts: fast-check']);
});
