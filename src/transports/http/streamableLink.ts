import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { TransportSendOptions } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { JSONRPCMessage, RequestId } from '@modelcontextprotocol/sdk/types.js';
import { ConnectionError } from '../../errors.js';
import { showForeign } from '../../foreignText.js';
import { loseRequest } from '../lostRequest.js';
import { within } from './abort.js';
import { endingWith, JsonBodyStage, stageBody } from './body.js';
import { type Exchange, Exchanges } from './exchanges.js';
import { answeredId, cancelledId, mediaType, readPosted } from './jsonRpc.js';
import type { Link, LinkContext } from './link.js';
import { classifyNetworkFailure } from './networkFailure.js';
import { ownAnswer, readRefusal } from './refusal.js';
import { type HttpRequest, readRequest } from './requester.js';
import { isSessionRefused, mayMeanNoSession, sessionRefused } from './sessionDoubt.js';
import { endedStream } from './streamEnd.js';
import { StreamOpener } from './streamOpener.js';
import { type ResponseStream, ResponseStreams } from './streams.js';

/** The server is not waited for longer, in milliseconds, when it is told that the session ends. */
export const GOODBYE_LIMIT = 2_000;

/** The response to a request that was cancelled is not kept open longer, in milliseconds, for the server to
 * take notice of the cancellation. */
export const CANCEL_LIMIT = 2_000;

/** What the SDK takes for "no stream here", without an error and without asking again. */
const noStream = () => new Response(null, { status: 405 });

/**
 * Streamable HTTP: the SDK's transport over a `fetch` that sees each request, decides what an answer means
 * and when a stream is resumed. The SDK is left with the protocol: ids, sessions, versions, parsing.
 */
export class StreamableLink implements Link {
  readonly #context: LinkContext;
  readonly #inner: StreamableHTTPClientTransport;
  readonly #streams: ResponseStreams;
  readonly #exchanges = new Exchanges();
  readonly #opener: StreamOpener;
  /** Requests that somebody waits for. */
  readonly #awaited = new Set<RequestId>();
  /** Requests whose JSON reply has come and is being read. */
  readonly #readingReply = new Set<RequestId>();
  #initializeId: RequestId | null = null;

  constructor(context: LinkContext) {
    this.#context = context;
    this.#streams = new ResponseStreams(context.clock, context.random);
    this.#opener = new StreamOpener(context, this.#streams, this.#exchanges, (stream, error) =>
      this.#lose(stream, error),
    );
    this.#inner = new StreamableHTTPClientTransport(context.url, {
      fetch: (url, init) => this.#fetch(readRequest(url, init)),
      // The wait before a stream is resumed is ours: the SDK asks at once, and `#fetch` answers in time.
      reconnectionOptions: {
        initialReconnectionDelay: 0,
        maxReconnectionDelay: 0,
        reconnectionDelayGrowFactor: 1,
        maxRetries: 1,
      },
    });
    this.#inner.onmessage = (message) => this.#receive(message);
    this.#inner.onerror = (error) => {
      // What our `fetch` throws, the sender hears.
      if (!(error instanceof ConnectionError)) context.error(error);
    };
  }

  get sessionId(): string | undefined {
    return this.#inner.sessionId;
  }

  start(): Promise<void> {
    return this.#inner.start();
  }

  async send(message: JSONRPCMessage, options: TransportSendOptions | undefined): Promise<void> {
    const cancelled = cancelledId(message);
    if (cancelled !== null) return this.#cancel(cancelled, message);
    const id = 'method' in message && 'id' in message ? message.id : undefined;
    const token = options?.resumptionToken;
    if (id !== undefined) this.#awaited.add(id);
    if (token !== undefined && id !== undefined) this.#streams.adopt(token, [id]);
    const { onresumptiontoken } = options ?? {};
    try {
      await this.#inner.send(message, {
        ...(token === undefined ? {} : { resumptionToken: token }),
        ...(onresumptiontoken === undefined ? {} : { onresumptiontoken }),
      });
      if (id !== undefined && this.#readingReply.has(id)) throw notMcp('a reply without the answer');
    } catch (error) {
      if (id !== undefined) this.#settle(id);
      throw error;
    } finally {
      if (id !== undefined) this.#readingReply.delete(id);
    }
  }

  /** The server hears of it first: without a word, a response that closes is no cancellation (R14). */
  async #cancel(id: RequestId, message: JSONRPCMessage): Promise<void> {
    this.#settle(id);
    const sent = this.#inner.send(message);
    await within(CANCEL_LIMIT, this.#context.clock, sent);
    this.#exchanges.leave(id);
    await sent;
  }

  setProtocolVersion(version: string): void {
    this.#inner.setProtocolVersion(version);
  }

  async goodbye(): Promise<void> {
    await within(GOODBYE_LIMIT, this.#context.clock, this.#inner.terminateSession());
  }

  close(): Promise<void> {
    return this.#inner.close();
  }

  #receive(message: JSONRPCMessage): void {
    const ended = endedStream(message);
    if (ended !== null) {
      this.#streamEnded(this.#streams.withNumber(ended));
      return;
    }
    const id = answeredId(message);
    if (id !== null) {
      this.#settle(id);
      this.#readingReply.delete(id);
    }
    this.#context.message(message);
  }

  /** The request is answered, or nobody waits for it any more. */
  #settle(id: RequestId): void {
    this.#awaited.delete(id);
    this.#streams.settle(id);
  }

  #fetch(request: HttpRequest): Promise<Response> {
    switch (request.method) {
      case 'GET':
        return this.#opener.open(request).then((response) => response ?? noStream());
      case 'DELETE':
        return this.#delete(request);
      default:
        return this.#post(request);
    }
  }

  async #post(posted: HttpRequest): Promise<Response> {
    const { ids, isInitialize } = readPosted(posted.body);
    if (isInitialize) this.#initializeId = ids[0] ?? null;
    const exchange = this.#exchanges.begin(posted, ids);
    let isCarried = false;
    try {
      const isWanted = () => ids.length === 0 || ids.some((id) => this.#awaited.has(id));
      const response = await this.#context.requester.request({ ...exchange.request, isWanted });
      if (!response.ok) return await this.#refused(exchange.request, response, ids);
      // Without a request nothing is to be read; with 202 the answer comes on another stream.
      if (ids.length === 0 || (response.status === 202 && !isInitialize)) return response;
      const carried = await this.#carry(response, exchange, ids);
      isCarried = true;
      return carried;
    } finally {
      if (!isCarried) exchange.end();
    }
  }

  /** The response as the SDK gets it; its end is that of the exchange. */
  async #carry(response: Response, exchange: Exchange, ids: RequestId[]): Promise<Response> {
    const type = response.status === 200 ? mediaType(response) : 'none';
    if (type === 'text/event-stream') {
      const reply = this.#streams.reply(ids.filter((id) => this.#awaited.has(id)));
      return this.#streams.carry(reply, response, exchange);
    }
    if (type === 'application/json') {
      for (const id of ids) this.#readingReply.add(id);
      const { shown, redact } = this.#context;
      const stage = new JsonBodyStage((failure) => classifyNetworkFailure(failure, shown, redact));
      return stageBody(response, endingWith(stage, exchange.end), exchange.request.signal);
    }
    await response.body?.cancel();
    if (response.status !== 200) throw notMcp(`status ${response.status}`);
    const said = response.headers.get('content-type') ?? 'unknown';
    throw notMcp(`content of type ${showForeign(said, (text) => this.#context.redact(text))}`);
  }

  async #refused(request: HttpRequest, response: Response, ids: RequestId[]): Promise<Response> {
    const hasSession = request.headers.has('mcp-session-id');
    const refusal = await readRefusal(response, { ids, hasSession }, this.#context);
    const answer = ownAnswer(refusal, ids);
    if (answer === null) throw refusal.error;
    if (hasSession && mayMeanNoSession(answer) && (await isSessionRefused(request, this.#context))) {
      throw sessionRefused(this.#context.shown);
    }
    return new Response(answer.body, { headers: { 'content-type': 'application/json' } });
  }

  /** R12: whatever the server says to a goodbye, the session is over. */
  async #delete(request: HttpRequest): Promise<Response> {
    try {
      const response = await this.#context.requester.requestOnce(request);
      await response.body?.cancel();
    } catch (error) {
      if (error instanceof ConnectionError) this.#context.error(error);
    }
    return noStream();
  }

  /** All that a stream brought has been handed on. The SDK resumes it if it can; otherwise it is over. */
  #streamEnded(stream: ResponseStream | undefined): void {
    if (stream === undefined) return;
    const { failure } = stream;
    if (failure instanceof ConnectionError) this.#context.lost(failure);
    else if (stream.isStandalone) return;
    else if (stream.requests.size === 0) this.#streams.forget(stream);
    else if (stream.lastEventId === null) this.#lose(stream, failure);
  }

  /** Nobody will answer the requests of this stream any more (R28). */
  #lose(stream: ResponseStream, cause: unknown): void {
    const ids = [...stream.requests];
    this.#streams.forget(stream);
    const error = new ConnectionError('STREAM_LOST', 'the stream of the answer broke off before the answer', {
      cause,
      details: { unsent: false },
    });
    for (const id of ids) {
      this.#awaited.delete(id);
      // Without its answer to `initialize` there is no session to go on with.
      if (id === this.#initializeId) this.#context.lost(error);
      else this.#context.message(loseRequest(id, error));
    }
  }
}

function notMcp(what: string): ConnectionError {
  return new ConnectionError('NOT_MCP', `the server's answer is not one of MCP: ${what}`, {
    details: { unsent: false },
  });
}
