import type { Deadline } from '../daemon/client/Deadline.js';
import { pause } from '../daemon/client/pause.js';
import { ownerOf } from '../ipc/ownership.js';
import type { Places } from '../ipc/places.js';
import { CommandError } from './exits.js';

/** No event tells a stranger that a process is gone. */
const LOOK_EVERY = 20;

/**
 * Resolves when nobody owns the places any more.
 *
 * @throws CommandError `REQUEST_TIMEOUT`, or the reason of the deadline's signal
 */
export async function untilGone(places: Pick<Places, 'lock'>, deadline: Deadline): Promise<void> {
  while (ownerOf(places) !== null) {
    if (deadline.isOver) throw new CommandError('REQUEST_TIMEOUT', 'the daemon is not gone yet');
    await pause(LOOK_EVERY, deadline.signal);
  }
}
