import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll } from 'vitest';
import { runOrThrow } from './run.js';

const builder = fileURLToPath(new URL('../../src/inspect/page/build.mjs', import.meta.url));

/** The inspector's page, built once for a file of tests: the sources have no file that a browser could load. */
export function builtPage(): { readonly folder: string } {
  const home = mkdtempSync(join(tmpdir(), 'lifeline-page-'));
  beforeAll(async () => {
    await runOrThrow(process.execPath, [builder, home]);
  }, 60_000);
  afterAll(() => rmSync(home, { recursive: true, force: true }));
  return { folder: join(home, 'src', 'inspect', 'page') };
}
