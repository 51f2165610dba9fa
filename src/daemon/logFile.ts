import { closeSync, constants, fchmodSync, fstatSync, openSync, renameSync, writeSync } from 'node:fs';
import { escapeText } from '../escape.js';
import { UnsafePlaceError } from '../ipc/errors.js';
import { checkOwner, kindOf } from '../ipc/safeDirectory.js';

/** Bytes, after which the log begins anew. The one before is kept, so twice as much lies there at most. */
const LIMIT = 1024 * 1024;
/** Characters of one line. */
const LONGEST_LINE = 4000;

/** The daemon's log: one line for each thing, which nobody but the user can read. */
export class LogFile {
  readonly #path: string;
  readonly #limit: number;
  #file: number;
  #size: number;

  /**
   * Writes on behind what is there. The directory must be there, and safe.
   *
   * @throws UnsafePlaceError when something that is no file of the user's is in its place
   */
  constructor(path: string, limit = LIMIT) {
    this.#path = path;
    this.#limit = limit;
    [this.#file, this.#size] = open(path);
  }

  /** Never throws: a disk that is full is no reason to leave. */
  write(text: string): void {
    try {
      const line = Buffer.from(`${new Date().toISOString()} ${process.pid} ${lineOf(text)}\n`);
      if (this.#size + line.length > this.#limit) this.#beginAnew();
      writeSync(this.#file, line);
      this.#size += line.length;
    } catch {
      // There is nobody to tell.
    }
  }

  /**
   * Writes on in the file that has the name now: somebody who clears up can have removed the one before.
   *
   * @throws UnsafePlaceError as the constructor
   */
  reopen(): void {
    const before = this.#file;
    [this.#file, this.#size] = open(this.#path);
    closeSync(before);
  }

  #beginAnew(): void {
    renameSync(this.#path, `${this.#path}.old`);
    this.reopen();
  }
}

function open(path: string): [file: number, size: number] {
  const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT;
  // Neither exists on Windows.
  const careful = (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
  const file = openSync(path, flags | careful, 0o600);
  try {
    const stats = fstatSync(file);
    if (!stats.isFile()) throw new UnsafePlaceError(path, kindOf(stats), 'a file');
    checkOwner(path, stats);
    if (process.platform !== 'win32') fchmodSync(file, 0o600);
    return [file, stats.size];
  } catch (error) {
    closeSync(file);
    throw error;
  }
}

function lineOf(text: string): string {
  const line = escapeText(text);
  return line.length <= LONGEST_LINE ? line : `${line.slice(0, LONGEST_LINE)}…`;
}
