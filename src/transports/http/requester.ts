import type { FetchLike } from '@modelcontextprotocol/sdk/shared/transport.js';
import { ConnectionError } from '../../errors.js';
import { isSameServer, type ServerUrl, showUrl } from '../serverUrl.js';
import { untilAborted } from './abort.js';
import type { Authorization } from './authorization.js';
import { readChallenge, required } from './challenge.js';
import { operationOf } from './jsonRpc.js';
import { classifyNetworkFailure } from './networkFailure.js';
import type { RequestHeaders } from './requestHeaders.js';
import { MAX_STEP_UPS } from './stepUps.js';

const MAX_REDIRECTS = 5;
/** Tokens that one request is tried with, after its first. */
const MOST_RENEWALS = 2;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);
/** These keep a method that is not GET. */
const KEEPING_METHOD = new Set([307, 308]);

/** One request as the SDK's transports make it. */
export interface HttpRequest {
  url: URL;
  method: string;
  headers: Headers;
  body: string | undefined;
  signal: AbortSignal | undefined;
  /** Whether the user may be asked for an authorization. Default true. */
  mayAsk?: boolean | undefined;
  /** Whether it still is to be sent, when a token was waited for. Default: it is. */
  isWanted?: (() => boolean) | undefined;
  /** All that the SDK said, for what is not named above. */
  init: RequestInit;
}

/** Takes apart what a transport of the SDK hands to `fetch`. */
export function readRequest(url: string | URL, init: RequestInit | undefined): HttpRequest {
  return {
    url: new URL(url),
    method: (init?.method ?? 'GET').toUpperCase(),
    headers: new Headers(init?.headers),
    body: typeof init?.body === 'string' ? init.body : undefined,
    signal: init?.signal ?? undefined,
    init: init ?? {},
  };
}

/**
 * Everything between the SDK's transports and the network that is the same for all requests: the
 * embedder's headers, tokens, redirects, authorization, and failures as `ConnectionError`s.
 */
export class Requester {
  readonly #server: ServerUrl;
  readonly #fetch: FetchLike;
  readonly #headers: RequestHeaders;
  readonly #authorization: Authorization;

  constructor(server: ServerUrl, fetch: FetchLike, headers: RequestHeaders, authorization: Authorization) {
    this.#server = server;
    this.#fetch = fetch;
    this.#headers = headers;
    this.#authorization = authorization;
  }

  /**
   * Sends a request and gives the response, whatever its status but 401.
   *
   * @throws ConnectionError when nothing came back, the server asks for an authorization, or redirects to
   *   where nothing of ours may go; the reason of `request.signal` when that was aborted
   */
  request(request: HttpRequest): Promise<Response> {
    return untilAborted(this.#authorized(request), request.signal);
  }

  /** `text` without any secret that is known here. */
  redact(text: string): string {
    return this.#headers.redact(text, ...this.#authorization.secrets);
  }

  /** Sends a request that is not worth an authorization: a 401 is a response like others. */
  requestOnce(request: HttpRequest): Promise<Response> {
    return untilAborted(
      this.#send(request).then(({ response }) => response),
      request.signal,
    );
  }

  async #authorized(request: HttpRequest): Promise<Response> {
    let refusals = 0;
    const stepUps = new Set<string>();
    const { mayAsk = true } = request;
    for (;;) {
      const { response, token } = await this.#send(request);
      const { status } = response;
      if (token !== null && saysOfToken(status)) this.#authorization.accepted();
      if (status !== 401 && status !== 403) return response;
      const challenge = readChallenge(response, (text) => this.redact(text));
      const refused = { challenge, token, mayAsk, operation: operationOf(request) };
      if (status === 403) {
        const isHopeless = stepUps.has(challenge.header) || stepUps.size === MAX_STEP_UPS;
        if (isHopeless || !this.#authorization.canStepUp(refused)) return response;
        stepUps.add(challenge.header);
      }
      await response.body?.cancel();
      if (status === 401) {
        refusals += 1;
        // The authorization gives up by itself, unless others bring ever new tokens.
        if (refusals > MOST_RENEWALS) throw required(challenge);
      }
      await this.#authorization.renew(refused);
      if (request.isWanted?.() === false) throw cancelled();
    }
  }

  async #send(request: HttpRequest): Promise<{ response: Response; token: string | null }> {
    const token = await this.#authorization.token();
    const own = await this.#headers.read();
    const headers = new Headers(request.headers);
    if (this.#server.authorization !== null) headers.set('authorization', this.#server.authorization);
    if (token !== null) headers.set('authorization', `Bearer ${token}`);
    for (const [name, value] of own) headers.set(name, value);
    return { response: await this.#follow({ ...request, headers }), token };
  }

  /** Follows redirects that keep the method and stay with the server, as the SDK would. */
  async #follow(request: HttpRequest): Promise<Response> {
    let { url } = request;
    for (let redirects = 0; ; redirects += 1) {
      if (!isSameServer(this.#server.url, url)) throw elsewhere(null, this.#shown(url));
      const response = await this.#fetchOnce(url, request);
      if (response.type === 'opaqueredirect') throw elsewhere(null, null);
      const target = redirectTarget(response, url);
      if (target === null) return response;
      await response.body?.cancel();
      const keepsMethod = request.method === 'GET' || KEEPING_METHOD.has(response.status);
      if (redirects === MAX_REDIRECTS || !keepsMethod || !isSameServer(url, target)) {
        throw elsewhere(response.status, this.#shown(target));
      }
      url = target;
    }
  }

  /** A server may redirect to what it was sent. */
  #shown(target: URL): string {
    return this.redact(showUrl(target));
  }

  async #fetchOnce(url: URL, request: HttpRequest): Promise<Response> {
    const { headers, init, signal } = request;
    try {
      const response = await this.#fetch(url, { ...init, headers, redirect: 'manual' });
      // A `fetch` that knows no signals: nobody will read this.
      if (signal?.aborted) await response.body?.cancel();
      return response;
    } catch (error) {
      if (signal?.aborted) throw error;
      throw classifyNetworkFailure(error, this.#server.shown, (text) => this.redact(text));
    }
  }
}

function cancelled(): ConnectionError {
  return new ConnectionError('TRANSPORT_FAILED', 'the request was cancelled before it was sent', {
    details: { unsent: true },
  });
}

/** Whether a response with this status was made by somebody who has seen the token, and took it. */
function saysOfToken(status: number): boolean {
  return status !== 401 && status !== 429 && status < 500;
}

function redirectTarget(response: Response, from: URL): URL | null {
  const location = REDIRECTS.has(response.status) ? response.headers.get('location') : null;
  if (location === null || !URL.canParse(location, from.href)) return null;
  return new URL(location, from);
}

/** @param target what may be shown of it; null where the runtime hides it */
function elsewhere(status: number | null, target: string | null): ConnectionError {
  const location = target ?? 'another place';
  return new ConnectionError('HTTP_REJECTED', `the server redirects to ${location}, which was not followed`, {
    details: {
      ...(status === null ? {} : { status }),
      ...(target === null ? {} : { location }),
      unsent: false,
    },
  });
}
