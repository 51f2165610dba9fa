import type { OAuthClientProvider } from '@modelcontextprotocol/sdk/client/auth.js';

/** What users were last asked for: authorization servers need not repeat it when they grant it. */
const requested = new WeakMap<OAuthClientProvider, string>();

/** The user is sent to this authorization endpoint. */
export function noteRequestedScope(provider: OAuthClientProvider, url: URL): void {
  const scope = url.searchParams.get('scope');
  if (scope !== null) requested.set(provider, scope);
}

/** The scope of a token, or else what was asked for with it; null where that is not known. */
export function scopeOf(provider: OAuthClientProvider, granted: string | undefined): string | null {
  return granted ?? requested.get(provider) ?? null;
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
