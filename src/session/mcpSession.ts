import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import {
  type ClientCapabilities,
  EmptyResultSchema,
  type Implementation,
} from '@modelcontextprotocol/sdk/types.js';
import { MAX_DURATION, type ProbeMethod } from '../../machines/index.js';
import type { Clock } from '../clock.js';
import { ConnectionError } from '../errors.js';
import type { LifelineTransport } from '../transports/transport.types.js';
import { classifyOpeningError } from './classify.js';
import { readHandshakeAnswer } from './handshakeAnswer.js';
import type { CallTrace, SessionObserver, SessionPort, Traffic } from './port.js';
import { Tap } from './tap.js';

/** A question of the embedder's own: a request method, or a function that asks. */
export type CustomProbe = string | ((client: Client, options: { signal: AbortSignal }) => Promise<unknown>);

export interface McpSessionOptions {
  createTransport: () => Transport | Promise<Transport>;
  clientInfo: Implementation;
  capabilities: ClientCapabilities;
  clock: Clock;
  /** Registers handlers on the new client before it connects. */
  configureClient?: ((client: Client) => void) | undefined;
  probe?: CustomProbe | undefined;
  /** Each notification the server sends, in order. */
  onnotification?: ((method: string, params: unknown) => void) | undefined;
  /** What went wrong without ending the session. */
  onerror?: ((error: Error) => void) | undefined;
}

/** A request no server knows: any answer to it, an error above all, is an answer. */
const UNKNOWN_METHOD = 'lifeline/alive';

/**
 * A session over the 1.x SDK: one `Client`, one transport, never used twice, because a late event of
 * an old transport would clear what is newer on a shared client.
 */
export class McpSession implements SessionPort {
  readonly client: Client;
  readonly #options: McpSessionOptions;
  readonly #idleTraffic: Traffic = {
    receivedAt: Number.NEGATIVE_INFINITY,
    sentAt: Number.NEGATIVE_INFINITY,
  };
  #observer: SessionObserver | null = null;
  #transport: LifelineTransport | null = null;
  #tap: Tap | null = null;
  #opening: Promise<void> = Promise.resolve();
  #closing: Promise<void> | null = null;

  constructor(options: McpSessionOptions) {
    this.#options = options;
    this.client = new Client(options.clientInfo, { capabilities: options.capabilities });
  }

  get traffic(): Traffic {
    return this.#tap?.traffic ?? this.#idleTraffic;
  }

  open(observer: SessionObserver): void {
    this.#observer = observer;
    const handshake: CallTrace = { written: 0, answered: 0 };
    this.#opening = this.#open(observer, handshake).catch((error: unknown) => {
      this.#lose(classifyOpeningError(error, handshake.answered > 0));
    });
  }

  accept(): void {
    this.#tap?.accept();
  }

  async ask(method: ProbeMethod, signal: AbortSignal): Promise<'reply' | 'traffic'> {
    try {
      return await this.#askOnce(method, signal);
    } catch (error) {
      // A server that restarted behind a kept-alive socket: the first request meets the old one.
      if (error instanceof ConnectionError && error.details.reset === true && !signal.aborted) {
        return await this.#askOnce(method, signal);
      }
      throw error;
    }
  }

  async goodbye(): Promise<void> {
    try {
      await this.#transport?.goodbye?.();
    } catch (error) {
      this.#options.onerror?.(toError(error));
    }
  }

  close(): Promise<void> {
    this.#observer = null;
    this.#closing ??= this.#close();
    return this.#closing;
  }

  trace<Result>(trace: CallTrace, send: () => Result): Result {
    return this.#tap === null ? send() : this.#tap.trace(trace, send);
  }

  async finishAuth(authorizationCode: string): Promise<void> {
    if (this.#transport?.finishAuth === undefined) {
      throw new ConnectionError('AUTHORIZATION_FAILED', 'this transport has no authorization to finish');
    }
    await this.#transport.finishAuth(authorizationCode);
  }

  async #open(observer: SessionObserver, handshake: CallTrace): Promise<void> {
    this.#configureClient();
    const transport: LifelineTransport = await this.#options.createTransport();
    this.#transport = transport;
    // The transport may come late, when nobody wants it any more; #close waits for it and closes it.
    if (this.#closing !== null) return;
    const tap = new Tap(transport, this.#tapObserver(observer, handshake), this.#options.clock);
    this.#tap = tap;
    // The chart has the limits; the SDK's own must never come first.
    await this.client.connect(tap, { timeout: MAX_DURATION });
  }

  #tapObserver(observer: SessionObserver, handshake: CallTrace): ConstructorParameters<typeof Tap>[1] {
    return {
      opened: () => observer.opened(),
      initializeAnswered: (result) => {
        const answer = readHandshakeAnswer(result);
        if (answer !== null) observer.answered(answer);
        else this.#lose(new ConnectionError('NOT_MCP', 'the answer to the handshake is not one of MCP'));
      },
      initializeRefused: () => {
        handshake.answered += 1;
      },
      initialized: () => observer.completed(),
      lost: (error) => this.#lose(error),
      closed: () => this.#lose(new ConnectionError('CONNECTION_CLOSED', 'the transport closed')),
      failed: (error) => this.#options.onerror?.(error),
      notified: (method, params) => this.#options.onnotification?.(method, params),
    };
  }

  #configureClient(): void {
    try {
      this.#options.configureClient?.(this.client);
    } catch (error) {
      throw new ConnectionError('INTERNAL_ERROR', `configureClient threw: ${toError(error).message}`, {
        cause: error,
      });
    }
  }

  /** Loss is told once; what the closing of the session stirs up is not one. */
  #lose(error: ConnectionError): void {
    const observer = this.#observer;
    this.#observer = null;
    observer?.lost(error);
  }

  async #close(): Promise<void> {
    this.#tap?.retire();
    try {
      if (this.#transport === null) await this.#opening;
      await this.#transport?.close();
    } catch (error) {
      this.#options.onerror?.(toError(error));
    }
  }

  async #askOnce(method: ProbeMethod, signal: AbortSignal): Promise<'reply' | 'traffic'> {
    const tap = this.#tap;
    if (tap === null) throw new ConnectionError('CONNECTION_CLOSED', 'the session is not open');
    const trace: CallTrace = { written: 0, answered: 0 };
    const controller = new AbortController();
    const abort = () => controller.abort(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    try {
      return await new Promise<'reply' | 'traffic'>((resolve, reject) => {
        tap
          .trace(trace, () => this.#question(method, controller.signal))
          .then(
            () => resolve('reply'),
            (error: unknown) => {
              if (trace.answered > 0) resolve('reply');
              else reject(error instanceof ConnectionError ? error : probeError(error));
            },
          );
        tap.onframe = () => {
          if (trace.answered > 0) return;
          resolve('traffic');
          // The question itself would wait for ever.
          controller.abort(new ConnectionError('CONNECTION_CLOSED', 'answered by other traffic'));
        };
      });
    } finally {
      tap.onframe = null;
      signal.removeEventListener('abort', abort);
    }
  }

  #question(method: ProbeMethod, signal: AbortSignal): Promise<unknown> {
    const { client } = this;
    const ask = (name: string) =>
      client.request({ method: name }, EmptyResultSchema, { signal, timeout: MAX_DURATION });
    if (method === 'ping') return ask('ping');
    const { probe } = this.#options;
    if (method === 'custom' && probe !== undefined) {
      return typeof probe === 'string' ? ask(probe) : probe(client, { signal });
    }
    const capabilities = client.getServerCapabilities() ?? {};
    if (capabilities.tools) return ask('tools/list');
    if (capabilities.resources) return ask('resources/list');
    if (capabilities.prompts) return ask('prompts/list');
    return ask(UNKNOWN_METHOD);
  }
}

function probeError(error: unknown): ConnectionError {
  return new ConnectionError('TRANSPORT_FAILED', `the probe could not be sent: ${toError(error).message}`, {
    cause: error,
  });
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
