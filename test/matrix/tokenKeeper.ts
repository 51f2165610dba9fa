import type { OAuthClientProvider } from '@modelcontextprotocol/sdk/client/auth.js';
import type { OAuthTokens } from '@modelcontextprotocol/sdk/shared/auth.js';

/** The least that an embedder needs for OAuth: keeps tokens in memory, and where it was to send the user. */
export class TokenKeeper implements OAuthClientProvider {
  readonly redirectUrl = 'http://127.0.0.1/callback';
  readonly clientMetadata = { redirect_uris: [this.redirectUrl] };
  readonly redirects: URL[] = [];
  #tokens: OAuthTokens | undefined;
  #verifier = '';

  constructor(tokens?: OAuthTokens) {
    this.#tokens = tokens;
  }

  clientInformation() {
    return { client_id: 'client' };
  }

  tokens() {
    return this.#tokens;
  }

  saveTokens(tokens: OAuthTokens) {
    this.#tokens = tokens;
  }

  redirectToAuthorization(url: URL) {
    this.redirects.push(url);
  }

  saveCodeVerifier(verifier: string) {
    this.#verifier = verifier;
  }

  codeVerifier() {
    return this.#verifier;
  }
}
