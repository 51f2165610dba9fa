import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A place for a file that the server writes; it ends with the test. */
export function newFile(): { path: string; lines(): string[] } {
  const folder = mkdtempSync(join(tmpdir(), 'faulty-server-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'file');
  return { path, lines: () => readFileSync(path, 'utf8').trimEnd().split('\n') };
}
