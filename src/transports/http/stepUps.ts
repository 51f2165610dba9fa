import type { OAuthClientProvider } from '@modelcontextprotocol/sdk/client/auth.js';
import { RecentTimes } from './recentTimes.js';

/** R17: step up a few times, then fail. */
export const MAX_STEP_UPS = 3;
/** So long, in milliseconds, a user who was asked counts as just asked. */
export const STEP_UP_MEMORY = 60 * 60 * 1000;

/** When users were asked, by what for. */
const stepUps = new RecentTimes(STEP_UP_MEMORY);

/**
 * The user is asked to grant what a server wants.
 *
 * @param what the server and the scope, the server and the operation
 * @param now epoch milliseconds
 */
export function noteStepUp(provider: OAuthClientProvider, what: readonly string[], now: number): void {
  for (const each of what) stepUps.note(provider, each, now);
}

/** Whether the user was asked for any of this a few times already, and the server still is not content. */
export function isStepUpHopeless(
  provider: OAuthClientProvider,
  what: readonly string[],
  now: number,
): boolean {
  return what.some((each) => stepUps.count(provider, each, now) >= MAX_STEP_UPS);
}
