import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { PACKAGE } from '../../src/package.js';
import { type Manifest, root } from './packed.js';

const manifest: Manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

test('the package tells servers the name and version that npm knows', () => {
  expect(PACKAGE).toEqual({ name: manifest.name, version: manifest.version });
});

test('the README asks for the same Node as the package', () => {
  const oldest = manifest.engines.node.replace('>=', '');
  expect(readFileSync(join(root, 'README.md'), 'utf8')).toContain(`With Node ${oldest} or newer`);
});
