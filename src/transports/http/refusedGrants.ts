import type { OAuthClientProvider } from '@modelcontextprotocol/sdk/client/auth.js';
import { isRecent } from './stepUps.js';

/** Authorizations in a row whose token a server refuses, before the user is not asked again by itself. */
export const MAX_REFUSED_GRANTS = 3;

/** When users gave their consent, by server, since it last accepted a token. It outlives sessions. */
const given = new WeakMap<OAuthClientProvider, Map<string, number[]>>();

/**
 * The user gave consent.
 *
 * @param now epoch milliseconds
 */
export function noteGrant(provider: OAuthClientProvider, server: string, now: number): void {
  const all = given.get(provider) ?? new Map<string, number[]>();
  given.set(provider, all);
  all.set(server, [...(all.get(server) ?? []), now]);
}

/** The server accepted a token, or somebody starts anew. */
export function forgetGrants(provider: OAuthClientProvider, server: string): void {
  given.get(provider)?.delete(server);
}

/** Whether the user consented a few times in a row, and the server took none of the tokens. */
export function isGrantHopeless(provider: OAuthClientProvider, server: string, now: number): boolean {
  const times = given.get(provider)?.get(server) ?? [];
  return times.filter((time) => isRecent(time, now)).length >= MAX_REFUSED_GRANTS;
}
