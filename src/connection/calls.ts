import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import type { RequestOptions } from '@modelcontextprotocol/sdk/shared/protocol.js';
import type { ConnectionErrorCode, TimeoutConfig } from '../../machines/index.js';
import type { Clock } from '../clock.js';
import {
  CallError,
  CallRefusedError,
  CallTimeoutError,
  ConnectionError,
  ConnectionLostError,
  type LifelineErrorCode,
} from '../errors.js';
import type { CallTrace, SessionPort } from '../session/port.js';
import { checkDuration } from './config.js';
import type { CallStats } from './stats.js';

export interface CallOptions {
  /** Cancels this call and no other. The call rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
  /** Milliseconds for waiting, sending and sending again together. Default `timeout.call`. */
  timeout?: number | undefined;
  /** Milliseconds that no progress extends. Default `timeout.callTotal`. */
  maxTotalTimeout?: number | undefined;
  /** Progress restarts `timeout`. Default false. */
  resetTimeoutOnProgress?: boolean | undefined;
  onprogress?: RequestOptions['onprogress'] | undefined;
  /** The call may be executed twice: it is sent again when its session is lost. */
  idempotent?: boolean | undefined;
  /** Believe the server's `readOnlyHint` and `idempotentHint` on tools. Default false. */
  trustAnnotations?: boolean | undefined;
}

/** One accepted call, as the listeners of `call` are told when it has settled. */
export interface CallRecord {
  method: string;
  outcome: 'succeeded' | 'failed' | 'cancelled';
  /** Milliseconds. */
  duration: number;
  /** Sessions it was sent on. */
  sessions: number;
}

/** Whether calls go through now, wait, or are refused. */
export type Admission =
  | { admit: 'send'; session: SessionPort }
  | { admit: 'wait' }
  | { admit: 'refuse'; code: LifelineErrorCode; reason: string; cause?: Error | undefined };

export interface CallsOptions {
  server: string;
  clock: Clock;
  timeout: TimeoutConfig;
  stats: CallStats;
  /** Asks the chart. */
  admission(): Admission;
  /** The state in words, for errors. */
  state(): string;
  settled(record: CallRecord): void;
}

/**
 * Sends one call on a session. Called once per session that the call is sent on. What it sends before
 * it first awaits belongs to the call; later requests do if they are started inside `track`.
 */
export type Send<Result> = (
  client: Client,
  options: RequestOptions,
  track: <Started>(start: () => Started) => Started,
) => Promise<Result>;

const WAITING_LIMIT = 1_000;

/** The calls of one connection, from acceptance to settlement. */
export class Calls {
  readonly #options: CallsOptions;
  readonly #waiting = new Set<() => void>();
  #idle: (() => void)[] = [];

  constructor(options: CallsOptions) {
    this.#options = options;
  }

  /** The admission may have changed: those who wait ask again, in the order they came. */
  admissionChanged(): void {
    if (this.#waiting.size === 0) return;
    const waiting = [...this.#waiting];
    for (const ask of waiting) ask();
  }

  /** Resolves when no call is with a session. */
  whenIdle(): Promise<void> {
    if (this.#options.stats.inFlight === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  /**
   * Carries a call out under the call rules.
   *
   * @param safe whether it may be sent again after it was written
   * @throws the signal's reason, the server's own error, or a `CallError`
   */
  async call<Result>(
    method: string,
    send: Send<Result>,
    options: CallOptions,
    safe: boolean,
  ): Promise<Result> {
    const { clock, stats, timeout } = this.#options;
    const { signal } = options;
    if (options.timeout !== undefined) checkDuration('timeout', options.timeout, 1);
    if (options.maxTotalTimeout !== undefined) checkDuration('maxTotalTimeout', options.maxTotalTimeout, 1);
    signal?.throwIfAborted();
    const began = clock.now();
    const limits = {
      timeout: options.timeout ?? timeout.call,
      total: options.maxTotalTimeout ?? timeout.callTotal,
    };
    let sessions = 0;
    let outcome: CallRecord['outcome'] = 'failed';
    const trace: CallTrace = { written: 0, answered: 0 };
    let admission = this.#admit(trace);
    /** The session it was sent on last; it is not sent there again. */
    let ended: SessionPort | null = null;
    stats.accepted += 1;
    try {
      while (true) {
        while (admission.admit === 'wait') {
          await this.#turn(began + Math.min(limits.timeout, limits.total), signal, trace, ended);
          admission = this.#admit(trace);
        }
        ended = admission.session;
        sessions += 1;
        const elapsed = clock.now() - began;
        const attempt = await this.#attempt(admission.session, send, options, trace, {
          timeout: limits.timeout - elapsed,
          total: limits.total - elapsed,
        });
        if ('result' in attempt) {
          outcome = 'succeeded';
          return attempt.result;
        }
        const { error } = attempt;
        if (signal?.aborted) throw signal.reason;
        admission = this.#afterFailure(error, admission.session, trace, safe);
      }
    } catch (error) {
      if (signal?.aborted && error === signal.reason) outcome = 'cancelled';
      throw error;
    } finally {
      stats[outcome] += 1;
      this.#options.settled({ method, outcome, duration: clock.now() - began, sessions });
    }
  }

  async #attempt<Result>(
    session: SessionPort,
    send: Send<Result>,
    options: CallOptions,
    trace: CallTrace,
    left: { timeout: number; total: number },
  ): Promise<{ result: Result } | { error: unknown }> {
    const { stats } = this.#options;
    const { signal, onprogress } = options;
    const request: RequestOptions = {
      timeout: Math.max(1, left.timeout),
      maxTotalTimeout: Math.max(1, left.total),
      resetTimeoutOnProgress: options.resetTimeoutOnProgress ?? false,
    };
    if (onprogress !== undefined) request.onprogress = onprogress;
    // The SDK never takes its listener off a signal; the caller's may serve many calls.
    const controller = signal && new AbortController();
    const abort = () => controller?.abort(signal?.reason);
    if (controller !== undefined) {
      request.signal = controller.signal;
      signal?.addEventListener('abort', abort, { once: true });
    }
    trace.answered = 0;
    stats.sent += 1;
    stats.inFlight += 1;
    try {
      const track = <Started>(start: () => Started) => session.trace(trace, start);
      return { result: await track(() => send(session.client, request, track)) };
    } catch (error) {
      return { error };
    } finally {
      stats.inFlight -= 1;
      signal?.removeEventListener('abort', abort);
      if (stats.inFlight === 0 && this.#idle.length > 0) {
        const idle = this.#idle;
        this.#idle = [];
        for (const resolve of idle) resolve();
      }
    }
  }

  /** Decides what becomes of a call whose session did not answer it. Returns where it may go next. */
  #afterFailure(
    error: unknown,
    session: SessionPort,
    trace: CallTrace,
    safe: boolean,
  ): Exclude<Admission, { admit: 'refuse' }> {
    const { server } = this.#options;
    // The server's own word, or a mistake before anything was sent.
    if (trace.answered > 0) throw error;
    const facts = { server, state: this.#options.state(), mayHaveExecuted: trace.written > 0, cause: error };
    if (codeOf(error) === REQUEST_TIMEOUT) {
      throw new CallTimeoutError('CALL_TIMEOUT', 'no answer within the limit of the call', facts);
    }
    let next = this.#options.admission();
    if (next.admit === 'send' && next.session === session) {
      if (!(error instanceof ConnectionError)) throw error;
      if (!SESSION_IS_OVER.has(error.code)) throw new CallError(error.code, error.message, facts);
      // The transport told the call first; the chart hears of it in a moment.
      next = { admit: 'wait' };
    }
    if (trace.written > 0 && !safe) {
      throw new ConnectionLostError('CONNECTION_LOST', 'the session was lost with the call in flight', facts);
    }
    if (next.admit !== 'refuse') return next;
    if (trace.written > 0) {
      throw new ConnectionLostError('CONNECTION_LOST', 'the session was lost with the call in flight', facts);
    }
    throw this.#refusal(next, trace);
  }

  #admit(trace: CallTrace): Exclude<Admission, { admit: 'refuse' }> {
    const admission = this.#options.admission();
    if (admission.admit === 'refuse') throw this.#refusal(admission, trace);
    if (admission.admit === 'wait' && this.#options.stats.waiting >= WAITING_LIMIT) {
      throw new CallRefusedError(
        'TOO_MANY_WAITING',
        `${WAITING_LIMIT} calls wait already`,
        this.#facts(trace),
      );
    }
    return admission;
  }

  #refusal(refusal: Extract<Admission, { admit: 'refuse' }>, trace: CallTrace): CallRefusedError {
    return new CallRefusedError(refusal.code, refusal.reason, {
      ...this.#facts(trace),
      cause: refusal.cause,
    });
  }

  #facts(trace: CallTrace): { server: string; state: string; mayHaveExecuted: boolean } {
    const { server } = this.#options;
    return { server, state: this.#options.state(), mayHaveExecuted: trace.written > 0 };
  }

  /** Waits for a session other than the one that ended. Rejects at the deadline or on the signal. */
  #turn(
    deadline: number,
    signal: AbortSignal | undefined,
    trace: CallTrace,
    ended: SessionPort | null,
  ): Promise<void> {
    const { clock, stats } = this.#options;
    return new Promise((resolve, reject) => {
      const ask = () => {
        const admission = this.#options.admission();
        const isOpen = admission.admit === 'send' ? admission.session !== ended : admission.admit !== 'wait';
        if (isOpen) end(resolve);
      };
      const abort = () => end(() => reject(signal?.reason));
      const timer = clock.setTimeout(
        () => {
          end(() =>
            reject(
              new CallTimeoutError(
                'CALL_TIMEOUT',
                'no session within the limit of the call',
                this.#facts(trace),
              ),
            ),
          );
        },
        Math.max(0, deadline - clock.now()),
      );
      const end = (settle: () => void) => {
        this.#waiting.delete(ask);
        stats.waiting -= 1;
        clock.clearTimeout(timer);
        signal?.removeEventListener('abort', abort);
        settle();
      };
      signal?.addEventListener('abort', abort, { once: true });
      this.#waiting.add(ask);
      stats.waiting += 1;
    });
  }
}

/** Errors of a send that say more than that this one failed: nothing goes over this session any more. */
const SESSION_IS_OVER: ReadonlySet<ConnectionErrorCode> = new Set([
  'CONNECTION_CLOSED',
  'CONNECTION_REFUSED',
  'PIPE_BROKEN',
  'PROCESS_EXITED',
  'SESSION_EXPIRED',
]);

/** What the SDK's client rejects with when its own timer ran out. */
const REQUEST_TIMEOUT = -32001;

function codeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
}
