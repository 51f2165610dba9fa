import type { OAuthClientProvider } from '@modelcontextprotocol/sdk/client/auth.js';

/** R17: step up a few times, then fail. */
export const MAX_STEP_UPS = 3;
/** So long, in milliseconds, a user who was asked counts as just asked. */
export const STEP_UP_MEMORY = 60 * 60 * 1000;

/** When users were asked, by what for. Each of their authorizations begins a new session: it outlives those. */
const asked = new WeakMap<OAuthClientProvider, Map<string, number[]>>();

/**
 * The user is asked to grant what a server wants.
 *
 * @param what the server and the scope, the server and the operation
 * @param now epoch milliseconds
 */
export function noteStepUp(provider: OAuthClientProvider, what: readonly string[], now: number): void {
  const all = asked.get(provider) ?? new Map<string, number[]>();
  asked.set(provider, all);
  for (const [other, times] of all) {
    if (!times.some((time) => isRecent(time, now))) all.delete(other);
  }
  for (const each of what) all.set(each, [...recent(all.get(each), now), now]);
}

/** Whether the user was asked for any of this a few times already, and the server still is not content. */
export function isStepUpHopeless(
  provider: OAuthClientProvider,
  what: readonly string[],
  now: number,
): boolean {
  return what.some((each) => recent(asked.get(provider)?.get(each), now).length >= MAX_STEP_UPS);
}

function recent(times: number[] | undefined, now: number): number[] {
  return times?.filter((time) => isRecent(time, now)) ?? [];
}

function isRecent(time: number, now: number): boolean {
  return now - time < STEP_UP_MEMORY;
}
