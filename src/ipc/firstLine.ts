import type { Socket } from 'node:net';
import type { Clock } from '../clock.js';

export type FirstLine =
  | { readonly kind: 'line'; readonly line: string }
  /** Longer than the limit. */
  | { readonly kind: 'long' }
  /** Not whole when the time was over. */
  | { readonly kind: 'late' }
  /** The connection ended first. */
  | { readonly kind: 'ended'; readonly cause: Error | undefined };

/** Bytes of the longest hello, and of the longest answer to one. */
export const LONGEST_HELLO = 16 * 1024;

const NEWLINE = 0x0a;

/** Reads one line off a connection and leaves what follows on it, to be read by somebody else. */
export function readFirstLine(
  socket: Socket,
  { timeout, clock }: { timeout: number; clock: Clock },
): Promise<FirstLine> {
  return new Promise((resolve) => {
    let read = Buffer.alloc(0);
    let failure: Error | undefined;
    const finish = (outcome: FirstLine) => {
      clock.clearTimeout(timer);
      socket.pause();
      socket.off('data', onData).off('end', onEnd).off('close', onEnd);
      resolve(outcome);
    };
    const onData = (chunk: Buffer) => {
      read = Buffer.concat([read, chunk]);
      const end = read.indexOf(NEWLINE);
      if (end > LONGEST_HELLO || (end === -1 && read.length > LONGEST_HELLO)) finish({ kind: 'long' });
      else if (end !== -1) {
        finish({ kind: 'line', line: read.toString('utf8', 0, end) });
        const rest = read.subarray(end + 1);
        if (rest.length > 0) socket.unshift(rest);
      }
    };
    const onEnd = () => finish({ kind: 'ended', cause: failure });
    const timer = clock.setTimeout(() => finish({ kind: 'late' }), timeout);
    // Stays: a broken connection must never end the process.
    socket.on('error', (error) => {
      failure = error;
    });
    socket.on('data', onData).once('end', onEnd).once('close', onEnd);
    socket.resume();
    if (socket.destroyed) onEnd();
  });
}
