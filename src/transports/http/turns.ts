import type { OAuthClientProvider } from '@modelcontextprotocol/sdk/client/auth.js';
import { untilAborted } from './abort.js';

/** The end of the last turn; never rejects. */
const last = new WeakMap<OAuthClientProvider, Promise<void>>();

/**
 * Runs `work` when what others do with this provider has ended. Several connections may share one: each use
 * of a refresh token can be its last, so two that renew at once would take it from each other.
 *
 * @param signal ends the turn, also where the work never ends
 */
export function inTurn<Result>(
  provider: OAuthClientProvider,
  signal: AbortSignal | undefined,
  work: () => Promise<Result>,
): Promise<Result> {
  const before = last.get(provider) ?? Promise.resolve();
  const worked = before.then(() => {
    signal?.throwIfAborted();
    return work();
  });
  const turn = untilAborted(worked, signal);
  const settled = turn.then(
    () => {},
    () => {},
  );
  // Who leaves before its turn came does not end that of the one before.
  last.set(
    provider,
    before.then(() => settled),
  );
  return turn;
}
