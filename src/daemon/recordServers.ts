import { messageOf } from '../errors.js';
import { ChildrenRecord } from '../ipc/children.js';
import type { Places } from '../ipc/places.js';
import { identify } from '../ipc/processIdentity.js';
import { watchGroups } from '../transports/stdio/groupWatchers.js';

export interface RecordServersOptions {
  places: Pick<Places, 'children'>;
  /** In the environment of every server. */
  mark: string;
  log(line: string): void;
}

/**
 * Writes down which servers run, so that they are found by the next daemon when this one is killed. Where that cannot be
 * done, servers run all the same: most end by themselves when their input does.
 *
 * @returns ends it
 */
export function recordServers({ places, mark, log }: RecordServersOptions): () => void {
  const record = new ChildrenRecord(places, mark);
  const attempt = (act: () => void) => {
    try {
      act();
    } catch (error) {
      log(`daemon: could not record its servers: ${messageOf(error)}`);
    }
  };
  return watchGroups({
    begins: () => {
      attempt(() => record.expect());
      // A start that succeeds is told of in the same turn.
      queueMicrotask(() => attempt(() => record.expectNoMore()));
    },
    began: (pid) => {
      const identity = identify(pid);
      if (identity !== null) attempt(() => record.add(identity));
    },
    ended: (pid) => attempt(() => record.remove(pid)),
  });
}
