import { ConnectionError } from '../../errors.js';
import { wait } from './abort.js';
import type { Exchange, Exchanges } from './exchanges.js';
import { mediaType } from './jsonRpc.js';
import type { LinkContext } from './link.js';
import { readRefusal } from './refusal.js';
import type { HttpRequest } from './requester.js';
import type { ResponseStream, ResponseStreams } from './streams.js';

/** What may pass by itself. 409: the server has not noticed yet that the old connection is gone. */
const PASSING = new Set([408, 409, 425, 429]);

const PASSING_FAILURES = new Set<ConnectionError['code']>([
  // Of the authorization server.
  'HTTP_ERROR',
  'NETWORK_ERROR',
  'RESOURCES_EXHAUSTED',
  'TRANSPORT_FAILED',
]);

/** What a request for a stream came to. */
type Outcome =
  | { type: 'open'; response: Response }
  /** R11: the server offers none. */
  | { type: 'none' }
  | { type: 'failed'; error: ConnectionError; isPassing: boolean };

/**
 * Opens and resumes streams (GET, R11, R14). The SDK asks whenever a stream ended; a request is held back
 * until it is due, and repeated here until it succeeds or the stream is given up. So the SDK never sees
 * one fail, and its own idea of delays and retries does not matter.
 */
export class StreamOpener {
  readonly #context: LinkContext;
  readonly #streams: ResponseStreams;
  readonly #exchanges: Exchanges;
  readonly #lose: (stream: ResponseStream, cause: unknown) => void;

  /** @param lose settles the requests of a reply that cannot be resumed */
  constructor(
    context: LinkContext,
    streams: ResponseStreams,
    exchanges: Exchanges,
    lose: (stream: ResponseStream, cause: unknown) => void,
  ) {
    this.#context = context;
    this.#streams = streams;
    this.#exchanges = exchanges;
    this.#lose = lose;
  }

  /** The response with the stream that was asked for, or null when there is none to be had. Never rejects. */
  async open(asked: HttpRequest): Promise<Response | null> {
    const stream = this.#streams.resuming(asked.headers.get('last-event-id'));
    const exchange = this.#exchanges.begin(asked, stream.requests);
    const response = await this.#open(exchange, stream);
    if (response === null) {
      exchange.end();
      this.#streams.forget(stream);
    }
    return response;
  }

  async #open(exchange: Exchange, stream: ResponseStream): Promise<Response | null> {
    const { request } = exchange;
    try {
      for (;;) {
        if (this.#isUnwanted(stream)) return null;
        const delay = stream.pace.nextDelay();
        if (delay > 0) await wait(delay, this.#context.clock, request.signal);
        if (this.#context.isOver() || this.#isUnwanted(stream)) return null;
        const outcome = await this.#request(request, stream);
        if (outcome.type === 'open') return this.#streams.carry(stream, outcome.response, exchange);
        if (outcome.type === 'none') {
          this.#withoutStream(stream, null);
          return null;
        }
        if (this.#isSessionOver(stream, outcome.error)) {
          this.#context.lost(outcome.error);
          return null;
        }
        const { retryAfter } = outcome.error.details;
        stream.pace.failed(typeof retryAfter === 'number' ? retryAfter : null);
        if (!outcome.isPassing || stream.pace.isExhausted) {
          this.#withoutStream(stream, outcome.error);
          return null;
        }
        this.#context.error(outcome.error);
      }
    } catch (error) {
      if (!request.signal?.aborted)
        this.#context.error(error instanceof Error ? error : new Error(String(error)));
      return null;
    }
  }

  /** The SDK asks again for a reply that brought an error, or was left: it does not take that for the end. */
  #isUnwanted(stream: ResponseStream): boolean {
    return !stream.isStandalone && stream.requests.size === 0;
  }

  async #request(request: HttpRequest, stream: ResponseStream): Promise<Outcome> {
    try {
      // No user is asked for a stream that the session may have to do without.
      const mayAsk = stream.pace.wasOpen || !stream.isStandalone;
      const response = await this.#context.requester.request({ ...request, mayAsk });
      if (response.ok) {
        if (response.status === 200 && mediaType(response) === 'text/event-stream') {
          return { type: 'open', response };
        }
        await response.body?.cancel();
        const error = new ConnectionError(
          'NOT_MCP',
          'the server answers a GET with something else than a stream',
        );
        return { type: 'failed', error, isPassing: false };
      }
      if (response.status === 405) {
        await response.body?.cancel();
        return { type: 'none' };
      }
      // A 400 may as well be about the event to go on from, or of a server that never had a stream.
      const isAboutSession =
        response.status === 404 || (stream.pace.wasOpen && !request.headers.has('last-event-id'));
      const hasSession = isAboutSession && request.headers.has('mcp-session-id');
      const { error, answer } = await readRefusal(response, { ids: [], hasSession }, this.#context);
      // Servers without a route for GET say 404 of the path, not of the session that a POST just used.
      if (response.status === 404 && answer === null && !stream.pace.wasOpen) return { type: 'none' };
      return { type: 'failed', error, isPassing: response.status >= 500 || PASSING.has(response.status) };
    } catch (error) {
      if (!(error instanceof ConnectionError)) throw error;
      return { type: 'failed', error, isPassing: PASSING_FAILURES.has(error.code) };
    }
  }

  /** Whether a GET that failed says that every other request would fail too. */
  #isSessionOver(stream: ResponseStream, error: ConnectionError): boolean {
    switch (error.code) {
      case 'CONNECTION_REFUSED':
      case 'SESSION_EXPIRED':
        return true;
      case 'AUTHORIZATION_REQUIRED':
      case 'AUTHORIZATION_FAILED':
        return stream.pace.wasOpen || !stream.isStandalone;
      default:
        return false;
    }
  }

  /** The stream will not come back. A session that never had one goes on without. */
  #withoutStream(stream: ResponseStream, cause: ConnectionError | null): void {
    if (!stream.isStandalone) this.#lose(stream, cause);
    else if (cause !== null && stream.pace.wasOpen) {
      const message = `the stream of the session broke off and cannot be resumed: ${cause.message}`;
      this.#context.lost(new ConnectionError('STREAM_LOST', message, { cause }));
    } else if (cause !== null) this.#context.error(cause);
  }
}
