import type { Readable, Writable } from 'node:stream';

/** Resolves when the stream has given its descriptor back, with an error or without. */
export function streamClosed(stream: Readable | Writable): Promise<void> {
  return new Promise((resolve) => {
    if (stream.closed) resolve();
    else stream.once('close', resolve);
  });
}
