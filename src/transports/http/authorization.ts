import { auth, type OAuthClientProvider } from '@modelcontextprotocol/sdk/client/auth.js';
import type { FetchLike } from '@modelcontextprotocol/sdk/shared/transport.js';
import { ConnectionError } from '../../errors.js';
import type { Challenge } from './challenge.js';
import { classifyNetworkFailure } from './networkFailure.js';
import { isStepUpHopeless, noteStepUp } from './stepUps.js';

/**
 * The OAuth side of one transport. The SDK's transports each answer a 401 in a way of their own: calls
 * that meet an expired token together refresh it together, and two of the ways loop for as long as the
 * server says 401. So the SDK's `auth` runs here, once for all requests that wait for it.
 */
export class Authorization {
  readonly #provider: OAuthClientProvider | undefined;
  readonly #serverUrl: URL;
  readonly #fetch: FetchLike;
  readonly #signal: AbortSignal;
  readonly #time: () => number;
  #flow: Promise<void> | null = null;
  /** What the server asked for last; finishing needs it. */
  #challenge: Challenge | null = null;

  /**
   * @param signal ends a flow under way, but not `finish`, which comes after the transport's end
   * @param time epoch milliseconds
   */
  constructor(
    provider: OAuthClientProvider | undefined,
    serverUrl: URL,
    fetch: FetchLike,
    signal: AbortSignal,
    time: () => number,
  ) {
    this.#provider = provider;
    this.#serverUrl = serverUrl;
    this.#fetch = fetch;
    this.#signal = signal;
    this.#time = time;
  }

  /** Whether a 403 for want of scope can be answered, and was not too often. */
  canStepUp({ error, header }: Challenge): boolean {
    if (this.#provider === undefined || error !== 'insufficient_scope') return false;
    return !isStepUpHopeless(this.#provider, this.#serverUrl.href + header, this.#time());
  }

  /** The token to send; null when there is none. */
  async token(): Promise<string | null> {
    try {
      return (await this.#provider?.tokens())?.access_token ?? null;
    } catch (cause) {
      throw new ConnectionError('TRANSPORT_FAILED', 'the authorization provider gave no tokens', {
        cause,
        details: { unsent: true },
      });
    }
  }

  /**
   * Resolves when it makes sense to send the refused request again.
   *
   * @param used the token that was refused
   * @throws ConnectionError `AUTHORIZATION_REQUIRED` when the user must act, `AUTHORIZATION_FAILED` when
   *   the authorization server refused, `NETWORK_ERROR` when it was not reached
   */
  async renew(challenge: Challenge, used: string | null): Promise<void> {
    if (this.#provider === undefined) throw required(challenge);
    this.#challenge = challenge;
    // Another request met the same refusal earlier, and was faster.
    if (this.#flow === null && (await this.token()) !== used) return;
    this.#flow ??= this.#authorize(this.#provider, challenge).finally(() => {
      this.#flow = null;
    });
    await this.#flow;
  }

  /**
   * Exchanges the code that the user's authorization gave.
   *
   * @throws ConnectionError `AUTHORIZATION_FAILED` or `NETWORK_ERROR`
   */
  async finish(authorizationCode: string): Promise<void> {
    if (this.#provider === undefined) {
      throw new ConnectionError(
        'AUTHORIZATION_FAILED',
        'there is no authProvider to finish an authorization',
      );
    }
    const result = await this.#run(this.#provider, this.#fetch, authorizationCode);
    if (result !== 'AUTHORIZED') {
      throw new ConnectionError('AUTHORIZATION_FAILED', 'the authorization code was not accepted');
    }
  }

  async #authorize(provider: OAuthClientProvider, challenge: Challenge): Promise<void> {
    const fetch: FetchLike = (url, init) => this.#fetch(url, { ...init, signal: this.#signal });
    if ((await this.#run(provider, fetch)) === 'AUTHORIZED') return;
    if (challenge.details.status === 403) {
      noteStepUp(provider, this.#serverUrl.href + challenge.header, this.#time());
    }
    throw required(challenge);
  }

  async #run(provider: OAuthClientProvider, fetchFn: FetchLike, authorizationCode?: string) {
    const { resourceMetadataUrl, scope } = this.#challenge ?? {};
    let unreachable: unknown;
    const observed: FetchLike = (url, init) =>
      fetchFn(url, init).catch((error: unknown) => {
        unreachable = error;
        throw error;
      });
    try {
      return await auth(provider, {
        serverUrl: this.#serverUrl,
        fetchFn: observed,
        ...(authorizationCode === undefined ? {} : { authorizationCode }),
        ...(resourceMetadataUrl === undefined ? {} : { resourceMetadataUrl }),
        ...(scope === undefined ? {} : { scope }),
      });
    } catch (cause) {
      throw authorizationError(cause, cause === unreachable);
    }
  }
}

/** The server wants an authorization that only the user can give. */
export function required(challenge: Challenge): ConnectionError {
  return new ConnectionError('AUTHORIZATION_REQUIRED', 'the server asks for an authorization', {
    details: challenge.details,
  });
}

/** The authorization server that cannot be reached is no refusal; neither is it the MCP server. */
function authorizationError(cause: unknown, wasUnreachable: boolean): ConnectionError {
  if (wasUnreachable) {
    const failure = classifyNetworkFailure(cause, 'the authorization server');
    return new ConnectionError('NETWORK_ERROR', failure.message, {
      cause: failure.cause,
      details: { ...failure.details, reset: false, unsent: true },
    });
  }
  return new ConnectionError('AUTHORIZATION_FAILED', 'the authorization failed', {
    cause,
    details: { unsent: true },
  });
}
