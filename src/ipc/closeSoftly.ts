import type { Duplex } from 'node:stream';
import type { Clock } from '../clock.js';

/** Milliseconds that the other half has to take what was written last, and to end the connection. */
export const LAST_WORDS = 1000;

/** Ends a connection when what was written is out and the other half ended it as well, or at the limit if it does not. */
export function closeSoftly(socket: Duplex, clock: Clock): void {
  if (socket.destroyed) return;
  const timer = clock.setTimeout(() => socket.destroy(), LAST_WORDS);
  socket.once('close', () => clock.clearTimeout(timer));
  // What still comes is not wanted, but its end must be seen.
  socket.removeAllListeners('data');
  socket.resume();
  socket.end();
}
