import type { FetchLike, TransportSendOptions } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { JSONRPCMessage, MessageExtraInfo } from '@modelcontextprotocol/sdk/types.js';
import { systemClock } from '../../clock.js';
import { ConnectionError } from '../../errors.js';
import { isTelling } from '../../redact.js';
import { isSameServer, readServerUrl } from '../serverUrl.js';
import { SESSION_IS_OVER } from '../sessionIsOver.js';
import type { LifelineTransport } from '../transport.types.js';
import { untilAborted } from './abort.js';
import { Authorization } from './authorization.js';
import type { HttpTransportOptions } from './http.types.js';
import { answeredId } from './jsonRpc.js';
import type { Link, LinkContext } from './link.js';
import { Requester } from './requester.js';
import { RequestHeaders } from './requestHeaders.js';
import { sendError } from './sendError.js';
import { SseLink } from './sseLink.js';
import { StreamableLink } from './streamableLink.js';

/** R15: what a server that knows only HTTP+SSE answers to a POST. */
const FALLBACK_STATUSES = [400, 404, 405];

/**
 * A transport over Streamable HTTP or HTTP+SSE, around those of the SDK.
 *
 * What fails is a `ConnectionError`. `details.unsent` tells that no handler of the server can have seen the
 * request: it never left, or was turned away at the door (401, 403, 429, 404 to a session);
 * `details.reset` that a connection kept alive from earlier was cut; `details.status`, and
 * `details.retryAfter` in milliseconds, what the server said.
 *
 * A request whose answer can never come, while the session lives, is answered in the server's place:
 * `lostRequestReason` tells.
 *
 * @throws ConfigError when `url` or fixed `headers` cannot work
 */
export function createHttpTransport(options: HttpTransportOptions): LifelineTransport {
  return new HttpTransport(options);
}

class HttpTransport implements LifelineTransport {
  onclose?: (() => void) | undefined;
  onerror?: ((error: Error) => void) | undefined;
  onmessage?: (<T extends JSONRPCMessage>(message: T, extra?: MessageExtraInfo) => void) | undefined;
  onlost?: ((error: ConnectionError) => void) | undefined;

  readonly #context: LinkContext;
  readonly #authorization: Authorization;
  readonly #mayFallBack: boolean;
  readonly #closing = new AbortController();
  #link: Link;
  /** The server answered something: it is no longer the first request that decides. */
  #isEstablished = false;
  #isLost = false;
  #close: Promise<void> | null = null;

  constructor(options: HttpTransportOptions) {
    const server = readServerUrl(options.url);
    const headers = new RequestHeaders(options.headers, [
      ...server.secrets.filter(isTelling),
      ...(options.secrets ?? []),
    ]);
    const fetch: FetchLike = options.fetch ?? ((url, init) => globalThis.fetch(url, init));
    const oauthFetch: FetchLike = async (url, init) => {
      if (!isSameServer(server.url, new URL(url))) return fetch(url, init);
      // A gateway in front of the server may want its key here too; what OAuth says itself goes first.
      const all = new Headers(await headers.read());
      for (const [name, value] of new Headers(init?.headers)) all.set(name, value);
      return fetch(url, { ...init, headers: all });
    };
    this.#authorization = new Authorization({
      provider: options.authProvider,
      serverUrl: server.url,
      fetch: oauthFetch,
      clock: options.clock ?? systemClock,
      signal: this.#closing.signal,
      redact: (text, more) => headers.redact(text, ...more),
    });
    const requester = new Requester(server, fetch, headers, this.#authorization);
    this.#context = {
      url: server.url,
      shown: headers.redact(server.shown),
      requester,
      clock: options.clock ?? systemClock,
      random: options.random ?? Math.random,
      isOver: () => this.#isOver,
      redact: (text) => requester.redact(text),
      message: (message) => this.#receive(message),
      error: (error) => this.#report(error),
      lost: (error) => this.#lose(error),
    };
    this.#mayFallBack = options.type === undefined;
    this.#link = options.type === 'sse' ? new SseLink(this.#context) : new StreamableLink(this.#context);
  }

  get sessionId(): string | undefined {
    return this.#link.sessionId;
  }

  async start(): Promise<void> {
    if (this.#close !== null) throw closed(true);
    try {
      await this.#run(this.#link.start());
    } catch (error) {
      throw sendError(error);
    }
  }

  async send(message: JSONRPCMessage, options?: TransportSendOptions): Promise<void> {
    if (this.#close !== null) throw closed(true);
    try {
      await this.#run(this.#link.send(message, options));
    } catch (error) {
      const failure = sendError(error);
      if (this.#canFallBack(message, failure)) return this.#fallBack(message, options, failure);
      if (this.#isEstablished && SESSION_IS_OVER.has(failure.code)) this.#lose(failure);
      throw failure;
    }
  }

  setProtocolVersion(version: string): void {
    this.#link.setProtocolVersion(version);
  }

  async goodbye(): Promise<void> {
    if (this.#close === null) await this.#link.goodbye();
  }

  async finishAuth(authorizationCode: string, signal?: AbortSignal): Promise<void> {
    await this.#authorization.finish(authorizationCode, signal);
  }

  redact(text: string): string {
    return this.#context.redact(text);
  }

  close(): Promise<void> {
    this.#close ??= this.#end();
    return this.#close;
  }

  get #isOver(): boolean {
    return this.#isLost || this.#close !== null;
  }

  async #end(): Promise<void> {
    this.#closing.abort(closed(false));
    const renewal = this.#authorization.close();
    await this.#link.close();
    if (renewal !== null) await renewal;
    this.onclose?.();
  }

  /** `work`, or a rejection when the transport is closed under it. */
  #run<Result>(work: Promise<Result>): Promise<Result> {
    return untilAborted(work, this.#closing.signal);
  }

  #canFallBack(message: JSONRPCMessage, { code, details }: ConnectionError): boolean {
    if (!this.#mayFallBack || code !== 'HTTP_REJECTED') return false;
    if (!('method' in message) || message.method !== 'initialize') return false;
    return FALLBACK_STATUSES.some((status) => status === details.status);
  }

  /** R15: the same `initialize` over HTTP+SSE. What the server said first is told if that is none either. */
  async #fallBack(
    message: JSONRPCMessage,
    options: TransportSendOptions | undefined,
    refusal: ConnectionError,
  ): Promise<void> {
    await this.#link.close();
    if (this.#close !== null) throw closed(false);
    this.#link = new SseLink(this.#context);
    try {
      await this.#run(this.#link.start());
    } catch (error) {
      const failure = sendError(error);
      throw failure.code === 'HTTP_REJECTED' || failure.code === 'NOT_MCP' ? refusal : failure;
    }
    try {
      await this.#run(this.#link.send(message, options));
    } catch (error) {
      throw sendError(error);
    }
  }

  #receive(message: JSONRPCMessage): void {
    if (answeredId(message) !== null) this.#isEstablished = true;
    if (this.#close === null) this.onmessage?.(message);
  }

  #report(error: Error): void {
    if (!this.#isOver) this.onerror?.(error);
  }

  #lose(error: ConnectionError): void {
    if (this.#isOver) return;
    this.#isLost = true;
    this.onlost?.(error);
  }
}

function closed(unsent: boolean): ConnectionError {
  return new ConnectionError('CONNECTION_CLOSED', 'the transport is closed', { details: { unsent } });
}
