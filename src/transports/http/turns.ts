import type { OAuthClientProvider } from '@modelcontextprotocol/sdk/client/auth.js';

const last = new WeakMap<OAuthClientProvider, Promise<unknown>>();

/**
 * Runs `work` when what others do with this provider has ended. Several connections may share one: each use
 * of a refresh token can be its last, so two that renew at once would take it from each other.
 */
export function inTurn<Result>(provider: OAuthClientProvider, work: () => Promise<Result>): Promise<Result> {
  const turn = (last.get(provider) ?? Promise.resolve()).then(work);
  last.set(
    provider,
    turn.catch(() => {}),
  );
  return turn;
}
