import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { ClientCapabilities, Implementation } from '@modelcontextprotocol/sdk/types.js';
import { MAX_DURATION, type ProbeMethod } from '../../machines/index.js';
import type { Clock } from '../clock.js';
import { ConnectionError, messageOf } from '../errors.js';
import { type ShowForeign, showError, showForeign } from '../foreignText.js';
import type { LifelineTransport } from '../transports/transport.types.js';
import { classifyOpeningError } from './classify.js';
import { readHandshakeAnswer } from './handshakeAnswer.js';
import { LazyValidator } from './lazyValidator.js';
import type { SessionMemory } from './memory.js';
import type { CallTrace, SessionObserver, SessionPort, Traffic } from './port.js';
import { askServer, type CustomProbe } from './question.js';
import { restoreSession } from './restore.js';
import { Tap } from './tap.js';

/** Most characters of a server's words in one place. */
const LONGEST_QUOTE = 300;

export interface McpSessionOptions {
  createTransport: () => Transport | Promise<Transport>;
  clientInfo: Implementation;
  capabilities: ClientCapabilities;
  clock: Clock;
  /** Registers handlers on the new client before it connects. */
  configureClient?: ((client: Client) => void | Promise<void>) | undefined;
  probe?: CustomProbe | undefined;
  /** Each notification the server sends, in order. */
  onnotification?: ((method: string, params: unknown) => void) | undefined;
  /** What earlier sessions of the connection have set up; this one adds to it. */
  memory?: SessionMemory | undefined;
  /** Takes the connection's secrets out of what a server says. Default: there are none. */
  redact?: ((text: string) => string) | undefined;
  /** An answer came that no request in flight waits for; `onerror` hears which. */
  onstray?: (() => void) | undefined;
  /** What went wrong without ending the session. */
  onerror?: ((error: Error) => void) | undefined;
}

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
  /** Text that may be the server's, for errors, context and logs. */
  readonly #show: ShowForeign = (text) => showForeign(text, (all) => this.#redact(all), LONGEST_QUOTE);
  #observer: SessionObserver | null = null;
  #transport: LifelineTransport | null = null;
  #tap: Tap | null = null;
  #opening: Promise<void> = Promise.resolve();
  #goodbye: Promise<void> | null = null;
  #closing: Promise<void> | null = null;
  /** Nobody is left to say goodbye to. */
  #isLost = false;

  constructor(options: McpSessionOptions) {
    this.#options = options;
    this.client = new Client(options.clientInfo, {
      capabilities: options.capabilities,
      jsonSchemaValidator: new LazyValidator(),
    });
  }

  get traffic(): Traffic {
    return this.#tap?.traffic ?? this.#idleTraffic;
  }

  open(observer: SessionObserver): void {
    this.#observer = observer;
    const handshake: CallTrace = { written: 0, answered: 0 };
    this.#opening = this.#open(observer, handshake).catch((error: unknown) => {
      this.#lose(classifyOpeningError(error, handshake.answered > 0, this.#show));
    });
  }

  accept(): void {
    this.#tap?.accept();
  }

  async restore(): Promise<void> {
    const { memory } = this.#options;
    // The handshake is complete on the wire; the client says so a moment later.
    await this.#opening;
    if (memory === undefined || this.#tap === null) return;
    await restoreSession(this.client, this.#tap, memory, (error) => this.#report(error));
  }

  async ask(method: ProbeMethod, signal: AbortSignal): Promise<void> {
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

  goodbye(): Promise<void> {
    this.#goodbye ??= this.#sayGoodbye();
    return this.#goodbye;
  }

  close(): Promise<void> {
    this.#observer = null;
    this.#closing ??= this.#close();
    return this.#closing;
  }

  trace<Result>(trace: CallTrace, send: () => Result): Result {
    return this.#tap === null ? send() : this.#tap.trace(trace, send);
  }

  async finishAuth(authorizationCode: string, signal?: AbortSignal): Promise<void> {
    if (this.#transport?.finishAuth === undefined) {
      throw new ConnectionError('AUTHORIZATION_FAILED', 'this transport has no authorization to finish');
    }
    try {
      await this.#transport.finishAuth(authorizationCode, signal);
    } catch (error) {
      if (error instanceof ConnectionError) throw error;
      const reason = `the authorization was refused: ${this.#show(messageOf(error))}`;
      throw new ConnectionError('AUTHORIZATION_FAILED', reason, { cause: showError(error, this.#show) });
    }
  }

  #redact(text: string): string {
    const redacted = this.#options.redact?.(text) ?? text;
    return this.#transport?.redact?.(redacted) ?? redacted;
  }

  async #open(observer: SessionObserver, handshake: CallTrace): Promise<void> {
    await this.#configureClient();
    if (this.#closing !== null) return;
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
        const answer = readHandshakeAnswer(result, this.#show);
        if (answer !== null) observer.answered(answer);
        else this.#lose(new ConnectionError('NOT_MCP', 'the answer to the handshake is not one of MCP'));
      },
      initializeRefused: () => {
        handshake.answered += 1;
      },
      initialized: () => observer.completed(),
      lost: (error) => this.#lose(error),
      closed: () => this.#lose(new ConnectionError('CONNECTION_CLOSED', 'the transport closed')),
      setUp: (request) => this.#options.memory?.learn(request),
      failed: (error) => this.#report(error),
      strayed: (error) => {
        this.#options.onstray?.();
        this.#report(error);
      },
      notified: (method, params) => {
        try {
          this.#options.onnotification?.(method, params);
        } catch (error) {
          this.#report(error);
        }
      },
    };
  }

  async #configureClient(): Promise<void> {
    try {
      await this.#options.configureClient?.(this.client);
    } catch (error) {
      throw new ConnectionError('INTERNAL_ERROR', `configureClient failed: ${this.#show(messageOf(error))}`, {
        cause: showError(error, this.#show),
      });
    }
  }

  /** Loss is told once; what the closing of the session stirs up is not one. */
  #lose(error: ConnectionError): void {
    // A server that only wants another scope still keeps the session.
    this.#isLost = error.code !== 'AUTHORIZATION_REQUIRED' || error.details.status !== 403;
    const observer = this.#observer;
    this.#observer = null;
    observer?.lost(error);
  }

  async #sayGoodbye(): Promise<void> {
    try {
      await this.#transport?.goodbye?.();
    } catch (error) {
      this.#report(error);
    }
  }

  async #close(): Promise<void> {
    this.#tap?.retire();
    try {
      if (this.#transport === null) await this.#opening;
      // R12: also where a new session was asked for, calls did not end in time, or the server was refused.
      else if (!this.#isLost) await this.goodbye();
      await this.#transport?.close();
    } catch (error) {
      this.#report(error);
    }
  }

  #askOnce(method: ProbeMethod, signal: AbortSignal): Promise<void> {
    if (this.#tap === null) {
      return Promise.reject(new ConnectionError('CONNECTION_CLOSED', 'the session is not open'));
    }
    return askServer(this.client, this.#tap, method, this.#options.probe, {
      signal,
      show: this.#show,
      onheard: () => this.#observer?.heard(),
    });
  }

  /** What went wrong beside the session, told to whoever wants to know; that is the embedder's code. */
  #report(error: unknown): void {
    try {
      this.#options.onerror?.(toError(showError(error, this.#show)));
    } catch {
      // Nobody is left to tell.
    }
  }
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(messageOf(error));
}
