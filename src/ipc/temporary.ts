import { randomBytes } from 'node:crypto';
import { readdirSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

const MARK = '~';

/** A path beside another, for what is to be put in its place at once. */
export function temporaryFor(path: string): string {
  return `${path}${MARK}${randomBytes(4).toString('hex')}`;
}

/** Removes what those left behind that died half-way. Who does this must be the only one to make them. */
export function sweepTemporaries(path: string): void {
  sweep(path + MARK);
}

/** Removes everything whose path begins so. */
export function sweep(prefix: string): void {
  const directory = dirname(prefix);
  const beginning = basename(prefix);
  for (const name of readdirSync(directory)) {
    if (name.startsWith(beginning)) rmSync(join(directory, name), { force: true });
  }
}
