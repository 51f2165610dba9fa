import type { Transport, TransportSendOptions } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { JSONRPCMessage, MessageExtraInfo, RequestId } from '@modelcontextprotocol/sdk/types.js';
import type { Clock } from '../clock.js';
import { ConnectionError } from '../errors.js';
import { lostRequestReason } from '../transports/lostRequest.js';
import type { LifelineTransport } from '../transports/transport.types.js';
import { isSetUp, type SetUpRequest } from './memory.js';
import type { CallTrace, Traffic } from './port.js';

/** As many withdrawn questions are remembered. */
const MOST_WITHDRAWN = 100;

/** What the tap sees pass by. */
export interface TapObserver {
  opened(): void;
  /** The result of `initialize`, as it came. */
  initializeAnswered(result: unknown): void;
  /** The server answered `initialize` with an error, which the SDK's client reports. */
  initializeRefused(): void;
  initialized(): void;
  lost(error: ConnectionError): void;
  closed(): void;
  failed(error: Error): void;
  /** An answer came that no request in flight waits for. */
  strayed(error: Error): void;
  notified(method: string, params: unknown): void;
  /** The server did what the request asked for. Told only of methods that set something up. */
  setUp(request: SetUpRequest): void;
}

/**
 * Stands between one client and its transport, and sees everything that passes: which phase the
 * handshake is in, when the last frame came, which calls were written. It holds
 * `notifications/initialized` back until the server is accepted, and after `retire` lets nothing
 * through in either direction.
 */
export class Tap implements Transport {
  onclose?: (() => void) | undefined;
  onerror?: ((error: Error) => void) | undefined;
  onmessage?: (<T extends JSONRPCMessage>(message: T, extra?: MessageExtraInfo) => void) | undefined;

  readonly traffic: Traffic = { receivedAt: Number.NEGATIVE_INFINITY, sentAt: Number.NEGATIVE_INFINITY };
  /** Called with each inbound frame. */
  onframe: (() => void) | null = null;

  readonly #inner: LifelineTransport;
  readonly #observer: TapObserver;
  readonly #clock: Clock;
  /** The requests in flight, each with the call that it belongs to, if any. */
  readonly #requests = new Map<RequestId, CallTrace | null>();
  /** Questions of ours that were withdrawn: whether they are answered all the same is up to the server. */
  readonly #withdrawn = new Set<RequestId>();
  readonly #setUps = new Map<RequestId, SetUpRequest>();
  #currentTrace: CallTrace | null = null;
  #initializeId: RequestId | null = null;
  #initialized = false;
  #retired = false;
  #accept!: () => void;
  readonly #accepted = new Promise<void>((resolve) => {
    this.#accept = resolve;
  });

  constructor(inner: LifelineTransport, observer: TapObserver, clock: Clock) {
    this.#inner = inner;
    this.#observer = observer;
    this.#clock = clock;
  }

  get sessionId(): string | undefined {
    return this.#inner.sessionId;
  }

  setProtocolVersion(version: string): void {
    this.#inner.setProtocolVersion?.(version);
  }

  async start(): Promise<void> {
    this.#inner.onmessage = (message, extra) => this.#receive(message, extra);
    this.#inner.onerror = (error) => {
      if (this.#retired) return;
      this.#observer.failed(error);
      this.onerror?.(error);
    };
    this.#inner.onlost = (error) => {
      if (!this.#retired) this.#observer.lost(error);
    };
    this.#inner.onclose = () => {
      if (!this.#retired) this.#observer.closed();
    };
    await this.#inner.start();
    // Closing did not reach what was not open yet.
    if (this.#retired) await this.#inner.close();
    else this.#observer.opened();
  }

  /** Lets `notifications/initialized` through. */
  accept(): void {
    this.#accept();
  }

  // Every call comes through here: what is asynchronous is so once, in the method that sends.
  send(message: JSONRPCMessage, options?: TransportSendOptions): Promise<void> {
    if (this.#retired) {
      const details = { unsent: true };
      return Promise.reject(new ConnectionError('CONNECTION_CLOSED', 'the session is over', { details }));
    }
    if ('id' in message) return this.#sendTraced(message, options);
    if ('method' in message) {
      if (message.method === 'notifications/initialized') return this.#sendInitialized(message, options);
      if (message.method === 'notifications/cancelled') {
        const requestId = message.params?.requestId;
        // R8: initialize is never cancelled; leaving the session says enough.
        if (requestId === this.#initializeId) return Promise.resolve();
        if (typeof requestId === 'string' || typeof requestId === 'number') this.#withdraw(requestId);
      }
    }
    return this.#sendNotification(message, options);
  }

  /** Runs `send` and attributes what it sends before it returns to `trace`. */
  trace<Result>(trace: CallTrace, send: () => Result): Result {
    const outer = this.#currentTrace;
    this.#currentTrace = trace;
    try {
      return send();
    } finally {
      this.#currentTrace = outer;
    }
  }

  /** From here on nothing passes; requests in flight reject. */
  retire(): void {
    if (this.#retired) return;
    this.#retired = true;
    this.#requests.clear();
    this.#setUps.clear();
    this.#accept();
    this.onclose?.();
  }

  /**
   * Somebody closed the client. During the handshake it is the SDK, which tells why in its own words;
   * afterwards it is the embedder, and the session is over.
   */
  async close(): Promise<void> {
    const wasUsable = this.#initialized && !this.#retired;
    this.retire();
    if (wasUsable) this.#observer.closed();
  }

  /** Lets the client hear a notification that the server has no reason to send. */
  announce(method: string): void {
    if (this.#retired) return;
    this.#observer.notified(method, undefined);
    this.onmessage?.({ jsonrpc: '2.0', method });
  }

  #withdraw(id: RequestId): void {
    if (this.#requests.get(id)?.isQuestion === true) {
      this.#withdrawn.add(id);
      const [oldest] = this.#withdrawn;
      if (this.#withdrawn.size > MOST_WITHDRAWN && oldest !== undefined) this.#withdrawn.delete(oldest);
    }
    this.#forget(id);
  }

  #forget(id: RequestId): void {
    this.#requests.delete(id);
    if (this.#setUps.size > 0) this.#setUps.delete(id);
  }

  async #sendTraced(
    message: Extract<JSONRPCMessage, { id?: RequestId | undefined }>,
    options: TransportSendOptions | undefined,
  ): Promise<void> {
    this.traffic.sentAt = this.#clock.now();
    const trace = this.#currentTrace;
    if (!('method' in message) || message.id === undefined) return this.#inner.send(message, options);
    if (message.method === 'initialize') this.#initializeId = message.id;
    else if (isSetUp(message)) this.#setUps.set(message.id, message);
    this.#requests.set(message.id, trace);
    if (trace !== null) trace.written += 1;
    try {
      await this.#inner.send(message, options);
    } catch (error) {
      this.#forget(message.id);
      const isUnsent = error instanceof ConnectionError && error.details.unsent === true;
      if (trace !== null && isUnsent) trace.written -= 1;
      throw error;
    }
  }

  async #sendNotification(message: JSONRPCMessage, options: TransportSendOptions | undefined): Promise<void> {
    const trace = this.#currentTrace;
    if (trace !== null) {
      trace.written += 1;
      // A notification waits for nothing.
      trace.answered += 1;
    }
    this.traffic.sentAt = this.#clock.now();
    await this.#inner.send(message, options);
  }

  async #sendInitialized(message: JSONRPCMessage, options: TransportSendOptions | undefined): Promise<void> {
    await this.#accepted;
    if (this.#retired) throw new ConnectionError('CONNECTION_CLOSED', 'the session is over');
    this.traffic.sentAt = this.#clock.now();
    await this.#inner.send(message, options);
    if (this.#retired) return;
    this.#initialized = true;
    this.#observer.initialized();
  }

  /**
   * An answer that nobody waits for: it came twice or too late, or its id is nobody's. The SDK's client takes
   * the text of an id for the id, and would give the call the wrong answer.
   */
  #strayed(id: RequestId): void {
    const error = new Error(`an answer to no request in flight (id ${JSON.stringify(id)})`);
    this.#observer.strayed(error);
    this.onframe?.();
    this.onerror?.(error);
  }

  #receive(message: JSONRPCMessage, extra: MessageExtraInfo | undefined): void {
    if (this.#retired) return;
    // An answer in the place of one that was lost: nothing was received.
    if ('error' in message && lostRequestReason(message.error) !== null) {
      if (message.id !== undefined) this.#forget(message.id);
      this.onmessage?.(message, extra);
      return;
    }
    this.traffic.receivedAt = this.#clock.now();
    if ('method' in message) {
      // No server asks for the handshake (R1). Answering `cat` would look like a refusal by the server.
      if (message.method === 'initialize') {
        this.#observer.lost(
          new ConnectionError('NOT_MCP', 'no server: it sends back what it is sent, or is a client itself'),
        );
        return;
      }
      if (!('id' in message)) this.#observer.notified(message.method, message.params);
    } else if (message.id !== undefined) {
      const trace = this.#requests.get(message.id);
      if (trace === undefined) {
        if (this.#withdrawn.delete(message.id)) this.onframe?.();
        else this.#strayed(message.id);
        return;
      }
      if (trace !== null) trace.answered += 1;
      if (message.id === this.#initializeId) {
        if ('result' in message) this.#observer.initializeAnswered(message.result);
        else this.#observer.initializeRefused();
      }
      const setUp = this.#setUps.get(message.id);
      if (setUp !== undefined && 'result' in message) this.#observer.setUp(setUp);
      this.#forget(message.id);
    }
    // The observer may have ended the session: the chart refuses a server in the same turn.
    if (this.#retired) return;
    this.onmessage?.(message, extra);
    this.onframe?.();
  }
}
