import type { OAuthClientProvider } from '@modelcontextprotocol/sdk/client/auth.js';
import { RecentTimes } from './recentTimes.js';

/** Authorizations, one soon after the other, after which the user is not asked again by itself. */
export const MAX_GRANTS = 3;
/** What is soon, in milliseconds: longer than a user takes, shorter than tokens last. */
export const GRANT_MEMORY = 5 * 60 * 1000;

/** When users authorized what a 401 asked for, by server. */
const grants = new RecentTimes(GRANT_MEMORY);

/**
 * The user gave consent.
 *
 * @param now epoch milliseconds
 */
export function noteGrant(provider: OAuthClientProvider, server: string, now: number): void {
  grants.note(provider, server, now);
}

/** Somebody is told: what comes after is a new beginning. */
export function forgetGrants(provider: OAuthClientProvider, server: string): void {
  grants.forget(provider, server);
}

/**
 * Whether the user consented a few times just now, and the server still is not content. Consent may cost
 * nobody anything: a browser that is signed in comes back by itself, for ever.
 */
export function isGrantHopeless(provider: OAuthClientProvider, server: string, now: number): boolean {
  return grants.count(provider, server, now) >= MAX_GRANTS;
}
