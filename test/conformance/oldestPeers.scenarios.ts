import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { exported } from '../house/exported.js';
import { npmInstall, type Packed, pack, runReadmeExample } from '../house/packed.js';
import { runOrThrow } from '../support/run.js';

/** What a project has besides; whatever version, as long as it is one of ours. */
const guests = ['typescript', '@types/node@20', '@modelcontextprotocol/server-everything'];

describe('with the oldest peers that package.json allows, the packed package', () => {
  const home = mkdtempSync(join(tmpdir(), 'mcp-lifeline-peers-'));
  let packed: Packed;

  beforeAll(async () => {
    packed = await pack(home);
    const peers = Object.entries(packed.manifest.peerDependencies);
    const oldest = peers.map(([name, range]) => `${name}@${range.replace(/^\^/, '')}`);
    await npmInstall(packed, '--strict-peer-deps', packed.tarball, ...oldest, ...guests);
  });

  afterAll(() => {
    rmSync(home, { recursive: true, force: true });
  });

  test('compiles with all that it declares', async () => {
    const entries = Object.keys(packed.manifest.exports).filter((entry) => entry !== './package.json');
    const lines = entries.map(
      (entry) => `export * as all${entries.indexOf(entry)} from '${join(packed.manifest.name, entry)}';`,
    );
    expect(lines).toHaveLength(Object.keys(exported).length);
    writeFileSync(join(packed.project, 'entries.ts'), lines.join('\n'));
    await runOrThrow('node_modules/.bin/tsc', ['--pretty', 'false'], { cwd: packed.project });
    await runOrThrow(process.execPath, ['entries.js'], { cwd: packed.project });
  });

  test('runs the example of the README', async ({ signal }) => {
    expect(await runReadmeExample(packed, 'embed', signal)).not.toBe('');
  });
});
