import type { OAuthClientProvider } from '@modelcontextprotocol/sdk/client/auth.js';

export interface ProviderGuard {
  /** Whether the refresh token may be tried. Where it may not, the SDK asks the user. */
  mayRefresh: boolean;
  /** Hears of each secret that passes. */
  learn(secret: string): void;
  /** The provider could not keep the tokens that it was given. */
  unsaved(error: unknown): void;
  /** Asked before the user is sent away; throws where that must not be. */
  redirecting(url: URL): void;
}

/**
 * The embedder's provider as one flow of the SDK's `auth` may see it. Providers need not implement
 * `invalidateCredentials`: a refresh token that was refused is not shown to the flow again all the same, so
 * that the user is asked instead.
 */
export function guardProvider(provider: OAuthClientProvider, guard: ProviderGuard): OAuthClientProvider {
  const { learn } = guard;
  let { mayRefresh } = guard;
  let saveVerifier = async () => {};
  const learnTokens = (tokens: Awaited<ReturnType<OAuthClientProvider['tokens']>>) => {
    for (const secret of [tokens?.access_token, tokens?.refresh_token, tokens?.id_token]) {
      if (secret !== undefined) learn(secret);
    }
  };
  const learnClient = (client: Awaited<ReturnType<OAuthClientProvider['clientInformation']>>) => {
    if (client?.client_secret !== undefined) learn(client.client_secret);
  };
  const own: Partial<OAuthClientProvider> = {
    tokens: async () => {
      const tokens = await provider.tokens();
      learnTokens(tokens);
      return mayRefresh ? tokens : undefined;
    },
    saveTokens: async (tokens) => {
      learnTokens(tokens);
      try {
        await provider.saveTokens(tokens);
      } catch (error) {
        guard.unsaved(error);
        throw error;
      }
    },
    clientInformation: async () => {
      const client = await provider.clientInformation();
      learnClient(client);
      return client;
    },
    saveCodeVerifier: async (verifier) => {
      learn(verifier);
      // Not before the user is sent away with it: it takes the place of that of a question still open.
      saveVerifier = async () => provider.saveCodeVerifier(verifier);
    },
    codeVerifier: async () => {
      const verifier = await provider.codeVerifier();
      learn(verifier);
      return verifier;
    },
    redirectToAuthorization: async (url) => {
      guard.redirecting(url);
      await saveVerifier();
      await provider.redirectToAuthorization(url);
    },
    invalidateCredentials: async (what) => {
      // A code that was refused says nothing of tokens that were not tried.
      if (what === 'tokens' && !mayRefresh) return;
      if (what === 'all' || what === 'tokens') mayRefresh = false;
      await provider.invalidateCredentials?.(what);
    },
  };
  // A stand-in that has nothing itself, because the provider's own properties may be frozen. Methods keep
  // their provider: a class with private fields knows no other.
  return new Proxy<OAuthClientProvider>(Object.create(null), {
    get(_standIn, key) {
      if (Object.hasOwn(own, key)) return Reflect.get(own, key);
      const value: unknown = Reflect.get(provider, key, provider);
      return typeof value === 'function' ? value.bind(provider) : value;
    },
  });
}
