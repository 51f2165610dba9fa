import type { OAuthClientProvider } from '@modelcontextprotocol/sdk/client/auth.js';

/** What users were asked for and gave: authorization servers need not repeat it when they grant it. */
const given = new WeakMap<OAuthClientProvider, string>();

/** The user came back with a code for this scope, and it was good. */
export function noteGrantedScope(provider: OAuthClientProvider, scope: string): void {
  given.set(provider, scope);
}

/** The scope of a token, or else what was asked for with it; null where that is not known. */
export function scopeOf(provider: OAuthClientProvider, granted: string | undefined): string | null {
  return granted ?? given.get(provider) ?? null;
}

/** Whether all of `wanted` is in `scope`. */
export function includesScope(scope: string | null, wanted: string): boolean {
  const all = split(scope ?? '');
  return split(wanted).every((each) => all.includes(each));
}

/** Both: what a server wants now takes nothing from what it wanted before. */
export function joinScopes(scope: string | null, wanted: string): string {
  return [...new Set([...split(scope ?? ''), ...split(wanted)])].join(' ');
}

function split(scope: string): string[] {
  return scope.split(' ').filter((each) => each !== '');
}
