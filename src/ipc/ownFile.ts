import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  lstatSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  type Stats,
  writeFileSync,
} from 'node:fs';
import { UnsafePlaceError } from './errors.js';
import { checkOwner, kindOf, modeOf } from './safeDirectory.js';
import { hasCode } from './systemError.js';
import { temporaryFor } from './temporary.js';

/** Windows knows none of these. */
const NO_FOLLOW = constants.O_NOFOLLOW ?? 0;
const NO_WAIT = constants.O_NONBLOCK ?? 0;

/**
 * The text of a small file that only its user can have written; null when there is none. What is checked is
 * what is read: the file is opened first, and no link is followed.
 *
 * @param limit most bytes
 * @throws UnsafePlaceError when it is no file, too large, another user's, or open to others
 */
export function readOwnFile(path: string, limit: number): string | null {
  const file = openOwnFile(path);
  if (file === null) return null;
  try {
    const stats = fstatSync(file);
    checkOwnFile(path, stats);
    if (stats.size > limit) {
      throw new UnsafePlaceError(path, `${stats.size} bytes`, `at most ${limit} bytes`);
    }
    return readFileSync(file, 'utf8');
  } finally {
    closeSync(file);
  }
}

function checkOwnFile(path: string, stats: Stats): void {
  if (!stats.isFile()) throw new UnsafePlaceError(path, kindOf(stats), 'a file');
  checkOwner(path, stats);
  if (process.platform !== 'win32' && (stats.mode & 0o077) !== 0) {
    throw new UnsafePlaceError(path, `mode ${modeOf(stats)}`, 'mode 0600, closed to group and others');
  }
}

function openOwnFile(path: string): number | null {
  try {
    return openSync(path, constants.O_RDONLY | NO_FOLLOW | NO_WAIT);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return null;
    if (hasCode(error, 'ELOOP', 'EMLINK')) throw new UnsafePlaceError(path, 'a symbolic link', 'a file');
    if (hasCode(error, 'ENXIO')) throw new UnsafePlaceError(path, 'a device or pipe', 'a file');
    throw error;
  }
}

/**
 * Makes a file that nobody but the user can read, whatever the umask.
 *
 * @throws Error `EEXIST` when there is one
 */
export function createOwnFile(path: string, text: string): void {
  const file = openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | NO_FOLLOW, 0o600);
  try {
    if (process.platform !== 'win32') fchmodSync(file, 0o600);
    writeFileSync(file, text);
  } catch (error) {
    rmSync(path, { force: true });
    throw error;
  } finally {
    closeSync(file);
  }
}

/**
 * Puts a file in place at once: readers see the old one or the new one, whole.
 *
 * @throws UnsafePlaceError when something is in its place that is no file, another user's, or open to others
 */
export function replaceOwnFile(path: string, text: string): void {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats !== undefined) checkOwnFile(path, stats);
  const temporary = temporaryFor(path);
  createOwnFile(temporary, text);
  renameSync(temporary, path);
}
