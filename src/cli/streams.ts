/** The outputs of the process. Node takes long to open one as a stream, so that is done when it must be. */
import { fstatSync, writeSync } from 'node:fs';
import { isatty } from 'node:tty';
import { EXIT } from './exits.js';

type Output = 1 | 2;

const opened = new Set<Output>();

export function stdout(): NodeJS.WriteStream {
  return open(1, process.stdout, (error) => {
    // Whoever reads our output may have seen enough. A disk that is full is another matter.
    if (error.code === 'EPIPE') process.exit(EXIT.ok);
    throw error;
  });
}

export function stderr(): NodeJS.WriteStream {
  // There is nobody left to tell.
  return open(2, process.stderr, () => {});
}

export function isTerminal(output: Output): boolean {
  return isatty(output);
}

/**
 * Writes to an output that takes all at once, which is a file or a device. Those that may have us wait are left to a
 * stream, so that an interruption is still heard.
 *
 * @returns whether it was written
 */
export function writeToFile(output: Output, text: string): boolean {
  const stats = fstatSync(output);
  if (!stats.isFile() && (!stats.isCharacterDevice() || isatty(output))) return false;
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; ) at += writeSync(output, bytes, at);
  return true;
}

function open(
  output: Output,
  stream: NodeJS.WriteStream,
  onerror: (error: NodeJS.ErrnoException) => void,
): NodeJS.WriteStream {
  if (!opened.has(output)) stream.on('error', onerror);
  opened.add(output);
  return stream;
}
