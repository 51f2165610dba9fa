import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import type { TransportSendOptions } from '@modelcontextprotocol/sdk/shared/transport.js';
import { type JSONRPCMessage, JSONRPCMessageSchema } from '@modelcontextprotocol/sdk/types.js';
import { ConnectionError } from '../../errors.js';
import { stageBody } from './body.js';
import { EventStreamStage } from './eventStream.js';
import { mediaType, readPosted } from './jsonRpc.js';
import type { Link, LinkContext } from './link.js';
import { classifyNetworkFailure } from './networkFailure.js';
import { ownAnswer, readRefusal } from './refusal.js';
import { type HttpRequest, readRequest } from './requester.js';
import { endedStream, streamEndData } from './streamEnd.js';

/** The one stream of this link. */
const STREAM = 0;

/** What makes the SDK's event source give up instead of connecting again. */
const noMoreStreams = () => new Response(null, { status: 204 });

/** What the SDK takes for a request whose answer comes another way. */
const accepted = () => new Response(null, { status: 202 });

/**
 * HTTP+SSE of 2024-11-05: one stream, and POSTs to the endpoint it names. The session is the stream: what
 * the SDK's event source would connect to after it broke is a new session that nobody initialised.
 */
export class SseLink implements Link {
  readonly sessionId = undefined;
  readonly #context: LinkContext;
  readonly #inner: SSEClientTransport;
  #hasAsked = false;
  #endpoints = 0;
  /** What the stream broke with; undefined while it is up, and after an end in order. */
  #broken: unknown;
  /** Why there is no stream, in our words. */
  #failure: ConnectionError | null = null;

  constructor(context: LinkContext) {
    this.#context = context;
    this.#inner = new SSEClientTransport(context.url, {
      fetch: (url, init) => this.#fetch(readRequest(url, init)),
    });
    this.#inner.onmessage = (message) => this.#receive(message);
    this.#inner.onerror = (error) => {
      // What our `fetch` throws, the sender hears; what comes before the endpoint, `start`.
      if (this.#endpoints > 0 && !(error instanceof ConnectionError)) context.error(error);
    };
  }

  /** Resolves when the server named its endpoint; the SDK's promise alone would never settle without. */
  async start(): Promise<void> {
    try {
      await this.#inner.start();
    } catch (cause) {
      await this.close();
      throw this.#failure ?? this.#endpointError(cause);
    }
  }

  send(message: JSONRPCMessage, _options: TransportSendOptions | undefined): Promise<void> {
    return this.#inner.send(message);
  }

  setProtocolVersion(version: string): void {
    this.#inner.setProtocolVersion(version);
  }

  /** This revision has no word for it. */
  async goodbye(): Promise<void> {}

  close(): Promise<void> {
    return this.#inner.close();
  }

  #fetch(request: HttpRequest): Promise<Response> {
    return request.method === 'GET' ? this.#open(request) : this.#post(request);
  }

  async #open(request: HttpRequest): Promise<Response> {
    if (this.#hasAsked) return noMoreStreams();
    this.#hasAsked = true;
    try {
      const response = await this.#context.requester.request(request);
      if (!response.ok)
        throw (await readRefusal(response, { ids: [], hasSession: false }, this.#context)).error;
      if (response.status !== 200 || mediaType(response) !== 'text/event-stream') {
        await response.body?.cancel();
        throw notMcp('the server answers a GET with something else than a stream');
      }
      const carried = this.#carry(response, request.signal);
      // The event source wants the type in exactly these letters.
      carried.headers.set('content-type', 'text/event-stream');
      return carried;
    } catch (error) {
      if (error instanceof ConnectionError) this.#failure = error;
      throw error;
    }
  }

  async #post(request: HttpRequest): Promise<Response> {
    const { ids } = readPosted(request.body);
    const response = await this.#context.requester.request(request);
    if (response.ok) return response;
    // The endpoint was named for this session: where it is not known, the session is not.
    const refusal = await readRefusal(response, { ids, hasSession: true }, this.#context);
    const answer = JSONRPCMessageSchema.safeParse(JSON.parse(ownAnswer(refusal, ids)?.body ?? 'null'));
    if (!answer.success) throw refusal.error;
    this.#context.message(answer.data);
    return accepted();
  }

  #carry(response: Response, signal: AbortSignal | undefined): Response {
    const stage = new EventStreamStage({
      event: ({ name }) => {
        if (name !== 'endpoint') return;
        this.#endpoints += 1;
        if (this.#endpoints > 1) this.#lose('the server began another session');
      },
      retry: () => {},
      ended: (failure) => {
        this.#broken = failure;
        return streamEndData(STREAM);
      },
    });
    return stageBody(response, stage, signal);
  }

  #receive(message: JSONRPCMessage): void {
    if (endedStream(message) === null) this.#context.message(message);
    else if (this.#endpoints > 0) this.#lose('the stream of the session ended');
    else if (this.#broken === undefined) this.#failure = notMcp('the stream ended without an endpoint');
    else if (this.#broken instanceof ConnectionError) this.#failure = this.#broken;
    else this.#failure = classifyNetworkFailure(this.#broken, this.#context.shown, this.#context.redact);
  }

  #lose(message: string): void {
    const { lost } = this.#context;
    const cause = this.#broken;
    if (cause instanceof ConnectionError) lost(cause);
    else lost(new ConnectionError('STREAM_LOST', message, cause === undefined ? {} : { cause }));
  }

  /** The SDK did not like the endpoint: it is no URL, or one of another origin. */
  #endpointError(cause: unknown): ConnectionError {
    const reason = cause instanceof Error ? this.#context.redact(cause.message) : 'unknown';
    return new ConnectionError('HTTP_REJECTED', `the server named no usable endpoint: ${reason}`, { cause });
  }
}

function notMcp(message: string): ConnectionError {
  return new ConnectionError('NOT_MCP', message, { details: { unsent: false } });
}
