import { randomUUID } from 'node:crypto';
import type { OAuthClientProvider } from '@modelcontextprotocol/sdk/client/auth.js';
import type { OAuthClientInformationMixed, OAuthTokens } from '@modelcontextprotocol/sdk/shared/auth.js';

/**
 * A provider that keeps everything in memory, and the user whom it sends to the authorization server. It
 * can do no more than a provider must; `ForgettingUser` can.
 */
export class User implements OAuthClientProvider {
  readonly redirectUrl = 'http://127.0.0.1/callback';
  readonly clientMetadata = { client_name: 'test', redirect_uris: [this.redirectUrl] };
  /** Where the user was sent, in order. */
  readonly redirects: URL[] = [];
  /** All that nobody else may ever see. */
  readonly secrets = new Set<string>();
  stored: OAuthTokens | undefined;
  protected client: OAuthClientInformationMixed | undefined;
  protected verifier = '';
  #state = '';

  state(): string {
    this.#state = this.#hide(randomUUID());
    return this.#state;
  }

  clientInformation(): OAuthClientInformationMixed | undefined {
    return this.client;
  }

  saveClientInformation(client: OAuthClientInformationMixed): void {
    this.client = client;
    if (client.client_secret !== undefined) this.#hide(client.client_secret);
  }

  tokens(): OAuthTokens | undefined {
    return this.stored;
  }

  saveTokens(tokens: OAuthTokens): void {
    this.stored = tokens;
    this.#hide(tokens.access_token);
    if (tokens.refresh_token !== undefined) this.#hide(tokens.refresh_token);
  }

  redirectToAuthorization(url: URL): void {
    this.redirects.push(url);
  }

  saveCodeVerifier(verifier: string): void {
    this.verifier = this.#hide(verifier);
  }

  codeVerifier(): string {
    return this.verifier;
  }

  /** Goes where it was sent last, and comes back. Null: the user said no. */
  async code(): Promise<string | null> {
    const url = this.redirects.at(-1);
    if (url === undefined) throw new Error('the user was not sent anywhere');
    const { headers, status } = await fetch(url, { redirect: 'manual' });
    const location = headers.get('location');
    if (location === null) throw new Error(`the authorization server answered ${status}`);
    const { searchParams } = new URL(location);
    if (searchParams.get('state') !== this.#state) throw new Error('came back with the state of another');
    const code = searchParams.get('code');
    return code === null ? null : this.#hide(code);
  }

  #hide(secret: string): string {
    this.secrets.add(secret);
    return secret;
  }
}

/** A user whose provider drops what the authorization server no longer takes. */
export class ForgettingUser extends User {
  readonly forgotten: string[] = [];

  invalidateCredentials(what: 'all' | 'client' | 'tokens' | 'verifier' | 'discovery'): void {
    this.forgotten.push(what);
    if (what === 'all' || what === 'tokens') this.stored = undefined;
    if (what === 'all' || what === 'client') this.client = undefined;
    if (what === 'all' || what === 'verifier') this.verifier = '';
  }
}
