import { chmodSync, lstatSync, mkdirSync, type Stats, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { ConfigError, LifelineError, messageOf } from '../errors.js';
import { UnsafePlaceError } from './errors.js';
import { type Places, variableBehind } from './places.js';
import { hasCode } from './systemError.js';

const OTHERS = 0o077;
const OTHERS_WRITE = 0o022;
const STICKY = 0o1000;

/**
 * Makes the directory unless it is there. Its parent must exist.
 *
 * @throws UnsafePlaceError when something else is there, or others can get at it
 */
export function ensureSafeDirectory(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 });
    // An umask can only have taken away what the owner needs.
    chmodSync(path, 0o700);
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
  }
  checkSafeDirectory(path);
}

/**
 * Whether there is such a directory. It counts only if nobody else can look in, or put something in its place.
 *
 * @throws UnsafePlaceError when others can, or when it is no directory
 */
export function checkSafeDirectory(path: string): boolean {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return false;
  if (!stats.isDirectory()) throw new UnsafePlaceError(path, kindOf(stats), 'a directory');
  // Windows has neither owners nor modes that Node can see.
  if (process.platform === 'win32') return true;
  checkOwner(path, stats);
  if ((stats.mode & OTHERS) !== 0) {
    throw new UnsafePlaceError(path, `mode ${modeOf(stats)}`, 'mode 0700, closed to group and others');
  }
  checkParent(dirname(path));
  return true;
}

/**
 * Makes the directories of a daemon unless they are there.
 *
 * @throws UnsafePlaceError as `ensureSafeDirectory`
 * @throws ConfigError naming the variable that decides, when the directory cannot be made
 */
export function ensureSafePlaces({ directory, socketDirectory }: Directories): void {
  try {
    ensureSafeDirectory(directory);
  } catch (error) {
    if (error instanceof LifelineError) throw error;
    const expected = `a directory, or one that can be made (${messageOf(error)})`;
    throw new ConfigError(variableBehind(directory), directory, expected);
  }
  if (socketDirectory !== directory) ensureSafeDirectory(socketDirectory);
}

/**
 * Whether the directories of a daemon are there.
 *
 * @throws UnsafePlaceError as `checkSafeDirectory`
 */
export function checkSafePlaces({ directory, socketDirectory }: Directories): boolean {
  return (
    checkSafeDirectory(directory) && (socketDirectory === directory || checkSafeDirectory(socketDirectory))
  );
}

type Directories = Pick<Places, 'directory' | 'socketDirectory'>;

/**
 * Whether there is a socket at the path.
 *
 * @throws UnsafePlaceError when something else is, or it is another user's
 */
export function checkSocket(path: string): boolean {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return false;
  if (!stats.isSocket()) throw new UnsafePlaceError(path, kindOf(stats), 'a socket');
  checkOwner(path, stats);
  return true;
}

/** @throws UnsafePlaceError when it belongs to another user */
export function checkOwner(path: string, stats: Stats): void {
  const user = process.geteuid?.();
  if (user === undefined || stats.uid === user) return;
  throw new UnsafePlaceError(path, `owner ${stats.uid}`, `owner ${user}`);
}

/** What is at a path, in words. */
export function kindOf(stats: Stats): string {
  if (stats.isSymbolicLink()) return 'a symbolic link';
  if (stats.isDirectory()) return 'a directory';
  if (stats.isSocket()) return 'a socket';
  return stats.isFile() ? 'a file' : 'a device or pipe';
}

/** Permissions as `chmod` takes them. */
export function modeOf(stats: Stats): string {
  return `0${(stats.mode & 0o7777).toString(8)}`;
}

/** Who can rename in the parent can put another directory in place after the check. */
function checkParent(path: string): void {
  const stats = statSync(path);
  const user = process.geteuid?.();
  if (stats.uid !== 0 && stats.uid !== user) {
    throw new UnsafePlaceError(path, `owner ${stats.uid}`, `owner ${user} or root`);
  }
  if ((stats.mode & OTHERS_WRITE) !== 0 && (stats.mode & STICKY) === 0) {
    throw new UnsafePlaceError(
      path,
      `mode ${modeOf(stats)}`,
      'a directory that others cannot write to, or a sticky one',
    );
  }
}
