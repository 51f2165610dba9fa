import { setImmediate as nextTurn } from 'node:timers/promises';

/**
 * More turns are not waited for, though data still comes: then it is not what a dead process left in
 * the pipe (one turn reads that), but somebody else who writes to it.
 */
const MOST_TURNS = 8;

/**
 * Resolves when what could be read already has been read: after a full turn of the event loop, in
 * which every readable pipe is read, brought nothing more. Unlike the end of a pipe this comes even
 * while another process holds it open.
 *
 * @param bytesRead how much was read so far
 */
export async function outputSettled(bytesRead: () => number): Promise<void> {
  // The rest of this turn does not count: its reading may be over.
  await nextTurn();
  let before = -1;
  for (let turn = 0; turn < MOST_TURNS && before !== bytesRead(); turn += 1) {
    before = bytesRead();
    await nextTurn();
  }
}
