import type { ConnectionManager, StateChange } from '../index.js';
import type { Tell } from './events.js';

/** As much of a session's id is shown: it opens the session to whoever has it. */
const SESSION_SHOWN = 8;

/**
 * Tells each change of a connection's state.
 *
 * @param pid the process behind the session under way
 */
export function narrate(manager: ConnectionManager, tell: Tell, pid: () => number | null): void {
  /** When the connection was last wanted or lost; null while it is there. */
  let awaySince: number | null = null;
  manager.on('state', ({ from, to, at, cause }) => {
    awaySince ??= at;
    const duration = at - awaySince;
    if (to.status === 'connected') awaySince = null;
    tell(
      {
        event: 'state.changed',
        from,
        to,
        cause,
        ...details(manager, { from, to, at, cause }, duration, pid()),
      },
      at,
    );
  });
}

function details(
  manager: ConnectionManager,
  { from, to }: StateChange,
  duration: number,
  pid: number | null,
) {
  const { context } = manager.actor.getSnapshot();
  if (to.status === 'connected') {
    const session = manager.client?.transport?.sessionId?.slice(0, SESSION_SHOWN);
    return { duration, ...(pid === null ? {} : { pid }), ...(session === undefined ? {} : { session }) };
  }
  if (to.status === 'authorizing' && context.error !== null) return { error: context.error };
  if (to.status !== 'reconnecting') return {};
  // First the lost session is released, then the wait begins.
  if (from.status === 'reconnecting') return { delay: context.backoffDelay };
  return context.error === null ? {} : { error: context.error };
}
