import { linkSync, renameSync, rmSync } from 'node:fs';
import { hasCode } from './systemError.js';
import { temporaryFor } from './temporary.js';

/**
 * Removes what is at the path if it is ours. Between a look and a removal somebody can put another one there: so it is
 * moved first, looked at where nobody changes it, and put back if it is another's after all.
 */
export function takeAway(path: string, isOurs: (path: string) => boolean): void {
  const aside = temporaryFor(path);
  try {
    renameSync(path, aside);
    if (!isOurs(aside)) linkSync(aside, path);
  } catch (error) {
    // Gone by itself; or there is a yet newer one.
    if (!hasCode(error, 'ENOENT', 'EEXIST')) throw error;
  } finally {
    rmSync(aside, { force: true });
  }
}
