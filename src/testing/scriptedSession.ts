import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import type { HandshakeAnswer, ProbeMethod } from '../../machines/index.js';
import type { ConnectionError } from '../errors.js';
import type { CallTrace, SessionObserver, SessionPort, Traffic } from '../session/port.js';

/** A probe that a scripted session was asked to make. */
export interface ScriptedProbe {
  method: ProbeMethod;
  /** Aborted when nobody waits for the answer any more. */
  signal: AbortSignal;
  answer(): void;
  fail(error: Error): void;
}

/** What a scripted session answers to the handshake, unless it is told otherwise. */
export const ANSWER: HandshakeAnswer = {
  protocolVersion: '2025-11-25',
  serverInfo: { name: 'scripted', version: '1.0.0' },
  capabilities: ['tools'],
};

/**
 * A session whose every step is taken by the test: a `SessionPort` without transport or server, for managers and
 * machines that make their sessions with `createSession`. Methods under "what the test does" tell the connection
 * something; fields tell what the connection asked for.
 */
export class ScriptedSession implements SessionPort {
  readonly client = new Client({ name: 'scripted', version: '1.0.0' });
  readonly traffic: Traffic = { receivedAt: Number.NEGATIVE_INFINITY, sentAt: Number.NEGATIVE_INFINITY };
  readonly epoch: number;
  /** Probes asked for, oldest first. */
  readonly probes: ScriptedProbe[] = [];
  /** The connection took the answer to the handshake. */
  isAccepted = false;
  /** Restoring waits for `restored`. Default false: there is nothing to restore. */
  holdsRestore = false;
  saidGoodbye = false;
  /** The connection asked for the end. */
  isClosing = false;
  /** `finishClosing` was called. */
  isClosed = false;
  /** What `open` throws: a breach of the port's contract, which must be survived. */
  openError: Error | null = null;
  /** Codes that `finishAuth` was given. */
  readonly codes: string[] = [];
  #observer: SessionObserver | null = null;
  readonly #restored = deferred<void>();
  readonly #goodbye = deferred<void>();
  #closed = deferred<void>();
  readonly #authorization = deferred<void>();

  /** @param epoch which session of the connection this is, from 1 */
  constructor(epoch: number) {
    this.epoch = epoch;
  }

  // What the test does.

  /** The transport is open. */
  opened(): void {
    this.#observer?.opened();
  }

  /** The server answers the handshake; what is left out is as in `SCRIPTED_ANSWER`. */
  answered(answer: Partial<HandshakeAnswer> = {}): void {
    this.#observer?.answered({ ...ANSWER, ...answer });
  }

  /** The handshake is over: to be called once the connection has accepted (`isAccepted`). */
  completed(): void {
    this.#observer?.completed();
  }

  /** Ends a held `restore`. */
  restored(): void {
    this.#restored.resolve();
  }

  /** A breach of the port's contract, which must be survived. */
  failRestoring(error: Error): void {
    this.#restored.reject(error);
  }

  /** Something else than the answer came in. */
  heard(): void {
    this.#observer?.heard();
  }

  /** The session is over: the server died, the stream broke, or what else the error says. */
  lost(error: ConnectionError): void {
    this.#observer?.lost(error);
  }

  /** The server has taken note that we leave. */
  drained(): void {
    this.#goodbye.resolve();
  }

  /** The session has ended completely. */
  finishClosing(): void {
    this.isClosed = true;
    this.#closed.resolve();
  }

  /** Closing fails, and may be tried again: a breach of the port's contract, which must be survived. */
  failClosing(error: Error): void {
    this.#closed.reject(error);
    this.#closed = deferred();
  }

  /** The code was good. */
  authorized(): void {
    this.#authorization.resolve();
  }

  authorizationRefused(error: Error): void {
    this.#authorization.reject(error);
  }

  // What the connection does.

  open(observer: SessionObserver): void {
    if (this.openError !== null) throw this.openError;
    this.#observer = observer;
  }

  accept(): void {
    this.isAccepted = true;
  }

  restore(): Promise<void> {
    return this.holdsRestore ? this.#restored.promise : Promise.resolve();
  }

  ask(method: ProbeMethod, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      this.probes.push({
        method,
        signal,
        answer: () => resolve(),
        fail: (error) => reject(error),
      });
    });
  }

  goodbye(): Promise<void> {
    this.saidGoodbye = true;
    return this.#goodbye.promise;
  }

  close(): Promise<void> {
    this.isClosing = true;
    return this.#closed.promise;
  }

  trace<Result>(_trace: CallTrace, send: () => Result): Result {
    return send();
  }

  finishAuth(authorizationCode: string): Promise<void> {
    this.codes.push(authorizationCode);
    return this.#authorization.promise;
  }
}

function deferred<Value>(): {
  promise: Promise<Value>;
  resolve(value: Value): void;
  reject(error: Error): void;
} {
  let resolve!: (value: Value) => void;
  let reject!: (error: Error) => void;
  const promise = new Promise<Value>((resolvePromise, rejectPromise) => {
    resolve = resolvePromise;
    reject = rejectPromise;
  });
  return { promise, resolve, reject };
}
