import type { OAuthClientProvider } from '@modelcontextprotocol/sdk/client/auth.js';
import type { FetchLike } from '@modelcontextprotocol/sdk/shared/transport.js';
import { ConnectionError } from '../../errors.js';
import { showForeign } from '../../foreignText.js';
import { within } from './abort.js';
import { type Challenge, type Refused, required } from './challenge.js';
import type { HttpClock } from './http.types.js';
import { type OAuthFlowOptions, runOAuthFlow } from './oauthFlow.js';
import { forgetGrants, isGrantHopeless, noteGrant } from './refusedGrants.js';
import { includesScope, joinScopes, noteGrantedScope, scopeOf } from './scopes.js';
import { isStepUpHopeless, noteStepUp } from './stepUps.js';
import { inTurn } from './turns.js';

/** A renewal that is under way when the transport closes is given so long, in milliseconds: its token may be
 * the only one that the authorization server still takes. */
export const RENEWAL_LIMIT = 2_000;
/** As many secrets are remembered. */
const MOST_SECRETS = 16;
/** Most characters of what an authorization server says. */
const LONGEST_QUOTE = 300;

export interface AuthorizationOptions {
  provider: OAuthClientProvider | undefined;
  serverUrl: URL;
  fetch: FetchLike;
  clock: HttpClock;
  /** Ends a flow under way, but not `finish`, which comes after the transport's end. */
  signal: AbortSignal;
  /** Takes secrets out of a text, these among them. */
  redact(text: string, secrets: readonly string[]): string;
}

/**
 * The OAuth side of one transport. The SDK's transports each answer a 401 in a way of their own: calls
 * that meet an expired token together refresh it together, and two of the ways loop for as long as the
 * server says 401. So the SDK's `auth` runs here, once for all requests that wait for it.
 */
export class Authorization {
  readonly #options: AuthorizationOptions;
  readonly #provider: OAuthClientProvider | undefined;
  #secrets: readonly string[] = [];
  /** Ends a renewal that the transport's end has left some time. */
  readonly #patience = new AbortController();
  #flow: { done: Promise<void>; mayAsk: boolean } | null = null;
  #isRenewing = false;
  /** What the last flow is about; finishing needs it. */
  #challenge: Challenge | null = null;
  /** The user was asked. Nobody is asked twice over one transport. */
  #asked: ConnectionError | null = null;
  /** What scope the user was asked for; null where the server is to know. */
  #scopeAsked: string | null = null;
  /** A token that was renewed here, and that the server has not accepted yet. */
  #untried: string | null = null;

  constructor(options: AuthorizationOptions) {
    this.#options = options;
    this.#provider = options.provider;
  }

  /** What must not be shown. */
  get secrets(): readonly string[] {
    return this.#secrets;
  }

  /** Whether a 403 for want of scope can be answered, and was not too often. */
  canStepUp({ challenge, operation }: Refused): boolean {
    if (this.#provider === undefined || challenge.error !== 'insufficient_scope') return false;
    return !isStepUpHopeless(this.#provider, this.#stepUp(challenge, operation), this.#now());
  }

  /** The token to send; null when there is none. */
  async token(): Promise<string | null> {
    const token = (await this.#tokens())?.access_token ?? null;
    if (token !== null) this.#learn(token);
    return token;
  }

  /** The server took the token, whatever it said of the request. */
  accepted(): void {
    this.#untried = null;
  }

  /**
   * Resolves when it makes sense to send the refused request again.
   *
   * @throws ConnectionError `AUTHORIZATION_REQUIRED` when the user must act, `AUTHORIZATION_FAILED` when
   *   the authorization server refused, `NETWORK_ERROR` or `HTTP_ERROR` when it gave no answer
   */
  async renew(refused: Refused): Promise<void> {
    const { challenge, token, mayAsk } = refused;
    const provider = this.#provider;
    if (provider === undefined) throw required(challenge);
    for (;;) {
      // Another request met the same refusal earlier, and was faster.
      if (this.#flow === null && (await this.#isReplaced(token))) return;
      if (this.#asked !== null) throw this.#asked;
      this.#flow ??= { done: this.#authorize(provider, refused), mayAsk };
      const flow = this.#flow;
      if (flow.mayAsk || !mayAsk) return await flow.done;
      await flow.done.catch(() => {});
    }
  }

  /**
   * Exchanges the code that the user's authorization gave.
   *
   * @param signal ends the exchange
   * @throws ConnectionError `AUTHORIZATION_FAILED`, or `NETWORK_ERROR` or `HTTP_ERROR` when another time may do
   */
  async finish(authorizationCode: string, signal?: AbortSignal): Promise<void> {
    const provider = this.#provider;
    if (provider === undefined) {
      throw new ConnectionError(
        'AUTHORIZATION_FAILED',
        'there is no authProvider to finish an authorization',
      );
    }
    this.#learn(authorizationCode);
    const result = await inTurn(provider, signal, async () => {
      const { fetch } = this.#options;
      return this.#run(provider, {
        authorizationCode,
        fetch: (url, init) => fetch(url, { ...init, ...(signal === undefined ? {} : { signal }) }),
        scope: this.#challenge?.scope,
        mayRefresh: false,
        redirecting: () => {},
      });
    });
    if (result !== 'AUTHORIZED') {
      throw new ConnectionError('AUTHORIZATION_FAILED', 'the authorization code was not accepted');
    }
    if (this.#scopeAsked !== null) noteGrantedScope(provider, this.#scopeAsked);
    if (this.#challenge?.details.status !== 403) noteGrant(provider, this.#server, this.#now());
  }

  /** Ends what is under way, except a renewal, which it waits for, but not for long. Null: there is none. */
  close(): Promise<void> | null {
    const end = () => this.#patience.abort(this.#options.signal.reason);
    if (this.#flow !== null && this.#isRenewing) {
      return within(RENEWAL_LIMIT, this.#options.clock, this.#flow.done).then(end);
    }
    end();
    return null;
  }

  #authorize(provider: OAuthClientProvider, refused: Refused): Promise<void> {
    this.#challenge = refused.challenge;
    const done = inTurn(provider, this.#patience.signal, async () => {
      // While this waited for its turn, another connection may have been faster.
      if (await this.#isReplaced(refused.token)) return;
      const result = await this.#run(provider, {
        fetch: (url, init) => this.#fetch(url, init),
        ...(await this.#wanted(provider, refused)),
        redirecting: (url) => this.#redirecting(provider, refused, url),
      });
      if (result === 'AUTHORIZED') this.#untried = await this.token();
      else throw required(refused.challenge);
    }).finally(() => {
      this.#flow = null;
      this.#isRenewing = false;
    });
    // Those who wait may have been aborted.
    done.catch(() => {});
    return done;
  }

  /** R17: what to ask for. A refresh gives no more than there was, so that a new scope is the user's to give. */
  async #wanted(
    provider: OAuthClientProvider,
    { challenge, token }: Refused,
  ): Promise<Pick<OAuthFlowOptions, 'scope' | 'mayRefresh'>> {
    const { scope } = challenge;
    if (challenge.details.status !== 403) {
      const isUseless = token !== null && token === this.#untried;
      if (isUseless && provider.redirectUrl === undefined) throw useless();
      return { scope, mayRefresh: !isUseless };
    }
    if (scope === undefined) return { scope, mayRefresh: false };
    const held = scopeOf(provider, (await this.#tokens())?.scope);
    return { scope: joinScopes(held, scope), mayRefresh: includesScope(held, scope) };
  }

  /** The user is about to be asked. */
  #redirecting(provider: OAuthClientProvider, { challenge, operation, mayAsk }: Refused, url: URL): void {
    this.#options.signal.throwIfAborted();
    if (!mayAsk) throw required(challenge);
    if (challenge.details.status === 403) {
      noteStepUp(provider, this.#stepUp(challenge, operation), this.#now());
    } else if (isGrantHopeless(provider, this.#server, this.#now())) {
      forgetGrants(provider, this.#server);
      throw useless();
    }
    this.#scopeAsked = url.searchParams.get('scope');
    this.#asked = required(challenge);
  }

  #run(
    provider: OAuthClientProvider,
    flow: Pick<OAuthFlowOptions, 'authorizationCode' | 'fetch' | 'scope' | 'mayRefresh' | 'redirecting'>,
  ): Promise<'AUTHORIZED' | 'REDIRECT'> {
    return runOAuthFlow({
      ...flow,
      provider,
      serverUrl: this.#options.serverUrl,
      resourceMetadataUrl: this.#challenge?.resourceMetadataUrl,
      learn: (secret) => this.#learn(secret),
      show: (text) => showForeign(text, (all) => this.#options.redact(all, this.#secrets), LONGEST_QUOTE),
      time: () => this.#now(),
    });
  }

  /** Everything ends with the transport, but a refresh token on its way is lost when nobody hears the answer. */
  async #fetch(...[url, init]: Parameters<FetchLike>): Promise<Response> {
    const { fetch, signal } = this.#options;
    if (!(init?.body instanceof URLSearchParams) || init.body.get('grant_type') !== 'refresh_token') {
      return fetch(url, { ...init, signal });
    }
    signal.throwIfAborted();
    this.#isRenewing = true;
    return fetch(url, { ...init, signal: this.#patience.signal });
  }

  async #isReplaced(used: string | null): Promise<boolean> {
    const token = await this.token();
    return token !== null && token !== used;
  }

  async #tokens(): Promise<Awaited<ReturnType<OAuthClientProvider['tokens']>>> {
    try {
      return await this.#provider?.tokens();
    } catch (cause) {
      throw new ConnectionError('TRANSPORT_FAILED', 'the authorization provider gave no tokens', {
        cause,
        details: { unsent: true },
      });
    }
  }

  /** What is counted of a step up: one scope for many operations, or many for one, is asked for as often. */
  #stepUp({ scope, header }: Challenge, operation: string): string[] {
    return [`${this.#server} scope ${scope ?? header}`, `${this.#server} operation ${operation}`];
  }

  #learn(secret: string): void {
    // Those that are still in use stay.
    this.#secrets = [...this.#secrets.filter((other) => other !== secret), secret].slice(-MOST_SECRETS);
  }

  get #server(): string {
    return this.#options.serverUrl.href;
  }

  #now(): number {
    return this.#options.clock.time?.() ?? Date.now();
  }
}

function useless(): ConnectionError {
  return new ConnectionError(
    'AUTHORIZATION_FAILED',
    'the server refuses the tokens that its authorization server gives',
    { details: { unsent: true } },
  );
}
