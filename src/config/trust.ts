import { createHash, randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  type Stats,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileError } from './configFileError.js';
import type { ConfigSource } from './findConfig.js';
import { placeOf } from './places.js';
import { describeFailure, kindOfFile } from './readConfigText.js';

/** Whether a file's servers may be started: `changed` says that another version of it was trusted. */
export type Trust = { trusted: true } | { trusted: false; reason: 'unknown' | 'changed' };

interface TrustQuestion {
  path: string;
  /** As `readConfigText` returns it. What was asked about is what must be used: do not read it again. */
  text: string;
  /** `trustDirectory(…)`. */
  directory: string;
}

/**
 * Whether the user lets this file start programs. Files that they named themselves, and their own, they do.
 * A project's file came with the project, and counts only as it was when they looked at it.
 *
 * @throws ConfigFileError when somebody else could have written the records
 */
export function trustOf({ path, source, text, directory }: TrustQuestion & { source: ConfigSource }): Trust {
  if (source !== 'project') return { trusted: true };
  const record = readRecord(directory, recordOf(path));
  if (record === null) return { trusted: false, reason: 'unknown' };
  return record === contentOf(path, text) ? { trusted: true } : { trusted: false, reason: 'changed' };
}

/**
 * Remembers that the user trusts the file with this content, in place of what they trusted before.
 *
 * @throws ConfigFileError when somebody else can write to the directory
 */
export function recordTrust({ path, text, directory }: TrustQuestion): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  checkDirectory(directory);
  const target = join(directory, recordOf(path));
  const draft = `${target}.${randomBytes(8).toString('hex')}`;
  try {
    writeFileSync(draft, contentOf(path, text), { flag: 'wx', mode: 0o600 });
    renameSync(draft, target);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
}

/** Forgets the file. Returns whether it was known, in whichever version. */
export function forgetTrust({ path, directory }: Omit<TrustQuestion, 'text'>): boolean {
  try {
    rmSync(join(directory, recordOf(path)));
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

/** One file for each configuration: those who write at the same time cannot lose each other's records. */
function recordOf(path: string): string {
  return `${hashOf(placeOf(path).path)}.json`;
}

function contentOf(path: string, text: string): string {
  return `${JSON.stringify({ path: placeOf(path).path, sha256: hashOf(text) })}\n`;
}

function readRecord(directory: string, name: string): string | null {
  const path = join(directory, name);
  let file: number;
  try {
    checkDirectory(directory);
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (isMissing(error)) return null;
    if (!(error instanceof Error && 'code' in error && 'syscall' in error)) throw error;
    throw fileError(
      path,
      error.code === 'ELOOP' ? 'a symbolic link' : describeFailure(error),
      'a file of yours',
    );
  }
  try {
    const status = fstatSync(file);
    if (!status.isFile()) throw fileError(path, kindOfFile(status), 'a file of yours');
    checkOwner(path, status, 'a file that only you can write');
    return readFileSync(file, 'utf8');
  } finally {
    closeSync(file);
  }
}

function checkDirectory(directory: string): void {
  const status = lstatSync(directory);
  const expected = 'a folder that only you can write to';
  if (!status.isDirectory()) throw fileError(directory, kindOfFile(status), expected);
  checkOwner(directory, status, expected);
}

function checkOwner(path: string, status: Stats, expected: string): void {
  // Windows has neither; there the folder inherits who may write from the user's profile.
  const user = process.getuid?.();
  if (user === undefined) return;
  if (status.uid !== user) throw fileError(path, `one of user ${status.uid}`, expected);
  if ((status.mode & 0o022) !== 0) {
    throw fileError(path, `permissions ${(status.mode & 0o777).toString(8)}`, expected);
  }
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
