import type { Deadline } from '../daemon/client/Deadline.js';
import { pause } from '../daemon/client/pause.js';
import { ownerOf } from '../ipc/ownership.js';
import type { Places } from '../ipc/places.js';
import type { ProcessIdentity } from '../ipc/processIdentity.js';
import { CommandError } from './exits.js';

/** No event tells a stranger that a process is gone. */
const LOOK_EVERY = 20;

/**
 * Resolves when this process does not own the places any more. The next one may by then.
 *
 * @param meanwhile done between two looks
 * @throws CommandError `REQUEST_TIMEOUT`, or the reason of the deadline's signal
 */
export async function untilGone(
  places: Pick<Places, 'lock'>,
  process: ProcessIdentity | null,
  deadline: Deadline,
  meanwhile: () => Promise<void> = async () => {},
): Promise<void> {
  while (process !== null && isOwner(places, process)) {
    if (deadline.isOver) {
      throw new CommandError('REQUEST_TIMEOUT', `process ${process.pid}, the daemon, is not gone yet`);
    }
    await meanwhile();
    await pause(LOOK_EVERY, deadline.signal);
  }
}

function isOwner(places: Pick<Places, 'lock'>, { pid, start }: ProcessIdentity): boolean {
  const owner = ownerOf(places);
  return owner?.pid === pid && owner.start === start;
}
