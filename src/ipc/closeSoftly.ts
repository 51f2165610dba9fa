import type { Duplex } from 'node:stream';
import type { Clock } from '../clock.js';

/** Milliseconds that the other half has to take what was written last. */
export const LAST_WORDS = 1000;

/** Ends a connection after what was written is out, or at the limit if the other half does not read it. */
export function closeSoftly(socket: Duplex, clock: Clock): void {
  if (socket.destroyed) return;
  const timer = clock.setTimeout(() => socket.destroy(), LAST_WORDS);
  socket.once('close', () => clock.clearTimeout(timer));
  // What still comes is not wanted, but its end must be seen.
  socket.removeAllListeners('data');
  socket.resume();
  // Not at the other half's end alone: it may not see to it.
  socket.end(() => socket.destroy());
}
