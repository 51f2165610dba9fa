import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { PACKAGE } from '../../src/package.js';
import { type Manifest, root } from './packed.js';

test('the package tells servers the name and version that npm knows', () => {
  const manifest: Manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  expect(PACKAGE).toEqual({ name: manifest.name, version: manifest.version });
});
