import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from 'node:fs';
import { messageOf } from '../errors.js';
import { fileError } from './configFileError.js';

/** In bytes. What is longer was written by a mistake or by an enemy. */
export const CONFIG_LIMIT = 1024 * 1024;

/**
 * The text of a configuration file, without a byte order mark.
 *
 * @throws ConfigFileError when it is not there, is no regular file, is too long or is not UTF-8
 */
export function readConfigText(path: string): string {
  const file = open(path);
  try {
    const status = fstatSync(file);
    if (!status.isFile()) throw fileError(path, kindOfFile(status), 'a file');
    return decode(path, readAll(path, file, status.size));
  } finally {
    closeSync(file);
  }
}

function open(path: string): number {
  try {
    // Opening a named pipe would wait for somebody to write.
    return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    throw fileError(path, describeFailure(error), 'a file that can be read');
  }
}

/** What a failed attempt to look at a file found. */
export function describeFailure(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'nothing there';
  if (code === 'EACCES' || code === 'EPERM') return 'one that you may not read';
  return typeof code === 'string' ? code : messageOf(error);
}

/** What something is that is no file. */
export function kindOfFile(status: Stats): string {
  if (status.isDirectory()) return 'a folder';
  return status.isSymbolicLink() ? 'a symbolic link' : 'a pipe or a device';
}

/** Most files are small, and memory for the longest is dear. A file may grow meanwhile. */
function readAll(path: string, file: number, size: number): Uint8Array {
  let bytes = new Uint8Array(Math.min(size, CONFIG_LIMIT) + 1);
  let length = 0;
  for (;;) {
    const count = readSync(file, bytes, length, bytes.length - length, null);
    if (count === 0) return bytes.subarray(0, length);
    length += count;
    if (length > CONFIG_LIMIT)
      throw fileError(path, `more than ${CONFIG_LIMIT} bytes`, `at most ${CONFIG_LIMIT}`);
    if (length < bytes.length) continue;
    const longer = new Uint8Array(CONFIG_LIMIT + 1);
    longer.set(bytes);
    bytes = longer;
  }
}

function decode(path: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw fileError(path, 'bytes that are not UTF-8', 'JSON in UTF-8');
  }
}
