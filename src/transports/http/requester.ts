import type { FetchLike } from '@modelcontextprotocol/sdk/shared/transport.js';
import { ConnectionError } from '../../errors.js';
import { isSameServer, type ServerUrl, showUrl } from '../serverUrl.js';
import { untilAborted } from './abort.js';
import { type Authorization, required } from './authorization.js';
import { readChallenge } from './challenge.js';
import { classifyNetworkFailure } from './networkFailure.js';
import type { RequestHeaders } from './requestHeaders.js';
import { MAX_STEP_UPS } from './stepUps.js';

const MAX_REDIRECTS = 5;
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
  #token: string | null = null;

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
    return this.#headers.redact(text, ...(this.#token === null ? [] : [this.#token]));
  }

  /** Sends a request that is not worth an authorization: a 401 is a response like others. */
  requestOnce(request: HttpRequest): Promise<Response> {
    return untilAborted(
      this.#send(request).then(({ response }) => response),
      request.signal,
    );
  }

  async #authorized(request: HttpRequest): Promise<Response> {
    let unauthorized = false;
    const stepUps = new Set<string>();
    for (;;) {
      const { response, token } = await this.#send(request);
      if (response.status !== 401 && response.status !== 403) return response;
      const challenge = readChallenge(response);
      if (response.status === 403) {
        const isHopeless = stepUps.has(challenge.header) || stepUps.size === MAX_STEP_UPS;
        if (isHopeless || !this.#authorization.canStepUp(challenge)) return response;
        stepUps.add(challenge.header);
      }
      await response.body?.cancel();
      if (response.status === 401) {
        // A token that was just renewed and is refused again will not be better the next time.
        if (unauthorized) throw required(challenge);
        unauthorized = true;
      }
      await this.#authorization.renew(challenge, token);
    }
  }

  async #send(request: HttpRequest): Promise<{ response: Response; token: string | null }> {
    const token = await this.#authorization.token();
    this.#token = token;
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
      if (!isSameServer(this.#server.url, url)) throw elsewhere(null, url);
      const response = await this.#fetchOnce(url, request);
      if (response.type === 'opaqueredirect') throw elsewhere(null, null);
      const target = redirectTarget(response, url);
      if (target === null) return response;
      await response.body?.cancel();
      const keepsMethod = request.method === 'GET' || KEEPING_METHOD.has(response.status);
      if (redirects === MAX_REDIRECTS || !keepsMethod || !isSameServer(url, target)) {
        throw elsewhere(response.status, target);
      }
      url = target;
    }
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

function redirectTarget(response: Response, from: URL): URL | null {
  const location = REDIRECTS.has(response.status) ? response.headers.get('location') : null;
  if (location === null || !URL.canParse(location, from.href)) return null;
  return new URL(location, from);
}

/** `target` is null where the runtime hides it. */
function elsewhere(status: number | null, target: URL | null): ConnectionError {
  const location = target === null ? 'another place' : showUrl(target);
  return new ConnectionError('HTTP_REJECTED', `the server redirects to ${location}, which was not followed`, {
    details: {
      ...(status === null ? {} : { status }),
      ...(target === null ? {} : { location }),
      unsent: false,
    },
  });
}
