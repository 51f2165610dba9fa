import type { ConnectionErrorCode, TimeoutConfig } from '../../machines/index.js';
import type { Clock } from '../clock.js';
import {
  CallError,
  CallRefusedError,
  CallTimeoutError,
  ConnectionError,
  ConnectionLostError,
} from '../errors.js';
import type { CallTrace, SessionPort } from '../session/port.js';
import { lostRequestReason } from '../transports/lostRequest.js';
import { attempt, type Failure } from './attempt.js';
import type { Admission, CallOptions, CallRecord, CallRules, Send } from './call.types.js';
import { checkDuration } from './config.js';
import type { CallStats } from './stats.js';

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

const WAITING_LIMIT = 1_000;

/** Where the books have a call that was accepted. */
type Place = 'waiting' | 'inFlight' | CallRecord['outcome'];

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
   * @throws the signal's reason, the server's own error, or a `CallError`
   */
  async call<Result>(
    method: string,
    send: Send<Result>,
    options: CallOptions,
    rules: CallRules,
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
    let elapsed = 0;
    let sessions = 0;
    let outcome: CallRecord['outcome'] = 'failed';
    const trace: CallTrace = { written: 0, answered: 0 };
    let admission = this.#admit(trace, null);
    /** The session it was sent on last. */
    let last: SessionPort | null = null;
    let place: Place | null = null;
    stats.accepted += 1;
    try {
      while (true) {
        while (admission.admit === 'wait') {
          place = this.#move(place, 'waiting');
          await this.#turn(began + Math.min(limits.timeout, limits.total), signal, trace, last);
          // Since its turn came, and before anything listens to the signal again.
          signal?.throwIfAborted();
          elapsed = clock.now() - began;
          admission = this.#admit(trace, place);
        }
        place = this.#move(place, 'inFlight');
        const { session } = admission;
        const isSecondTime = session === last;
        last = session;
        sessions += 1;
        stats.sent += 1;
        const left = { timeout: limits.timeout - elapsed, total: limits.total - elapsed };
        const ended = await attempt({ session, send, rules, options, trace, left, clock });
        if ('result' in ended) {
          outcome = 'succeeded';
          return ended.result;
        }
        if (signal?.aborted) throw signal.reason;
        admission = this.#afterFailure(ended, session, trace, rules.isSafe, isSecondTime);
        elapsed = clock.now() - began;
      }
    } catch (error) {
      if (signal?.aborted && error === signal.reason) outcome = 'cancelled';
      throw error;
    } finally {
      this.#move(place, outcome);
      this.#options.settled({ method, outcome, duration: clock.now() - began, sessions });
    }
  }

  /** An accepted call is in one place at any moment: the books always balance. */
  #move<To extends Place>(from: Place | null, to: To): To {
    const { stats } = this.#options;
    if (from !== null) stats[from] -= 1;
    stats[to] += 1;
    if (stats.inFlight === 0 && this.#idle.length > 0) {
      const idle = this.#idle;
      this.#idle = [];
      for (const resolve of idle) resolve();
    }
    return to;
  }

  /** Decides what becomes of a call that a session did not carry out. Returns where it may go next. */
  #afterFailure(
    failure: Failure,
    session: SessionPort,
    trace: CallTrace,
    isSafe: boolean,
    isSecondTime: boolean,
  ): Exclude<Admission, { admit: 'refuse' }> {
    if (failure.kind === 'own') throw failure.error;
    const error = lostRequestReason(failure.error) ?? failure.error;
    const facts = { ...this.#facts(trace), cause: error };
    if (failure.kind === 'late') {
      throw new CallTimeoutError('CALL_TIMEOUT', 'no answer within the limit of the call', facts);
    }
    if (failure.kind === 'unreadable') {
      throw new CallError('INVALID_ANSWER', 'the answer does not fit the protocol', facts);
    }
    const isLost = () =>
      new ConnectionLostError('CONNECTION_LOST', 'the session was lost with the call in flight', facts);
    let next = this.#options.admission();
    if (next.admit === 'send' && next.session === session) {
      if (error instanceof ConnectionError && SESSION_IS_OVER.has(error.code)) {
        // The transport told the call first; the chart hears of it in a moment.
        next = { admit: 'wait' };
      } else {
        // R28: its answer is lost, and the session lives.
        if (error !== failure.error && isSafe && !isSecondTime) return next;
        throw this.#unsendable(error, trace, facts);
      }
    }
    if (trace.written > 0 && !isSafe) throw isLost();
    if (next.admit === 'refuse') throw trace.written > 0 ? isLost() : this.#refusal(next, trace);
    if (next.admit === 'wait') this.#expectRoom(trace);
    return next;
  }

  /** The error of a call that could not be sent, or not be answered, over a session that lives. */
  #unsendable(error: unknown, trace: CallTrace, facts: ConstructorParameters<typeof CallError>[2]): unknown {
    if (error instanceof ConnectionError) return new CallError(error.code, error.message, facts);
    // Before anything was written it is a mistake in the call, and the SDK's word on it.
    if (trace.written === 0) return error;
    const reason = error instanceof Error ? error.message : String(error);
    return new CallError('TRANSPORT_FAILED', `the call could not be sent: ${reason}`, facts);
  }

  /** @param place where the call is: who waits has room to wait on */
  #admit(trace: CallTrace, place: 'waiting' | null): Exclude<Admission, { admit: 'refuse' }> {
    const admission = this.#options.admission();
    if (admission.admit === 'refuse') throw this.#refusal(admission, trace);
    if (admission.admit === 'wait' && place === null) this.#expectRoom(trace);
    return admission;
  }

  #expectRoom(trace: CallTrace): void {
    if (this.#options.stats.waiting < WAITING_LIMIT) return;
    const reason = `${WAITING_LIMIT} calls wait already`;
    throw this.#refusal({ admit: 'refuse', code: 'TOO_MANY_WAITING', reason }, trace);
  }

  /** A call that was sent before is not refused: it was lost with its session, and cannot go on. */
  #refusal({ code, reason, cause }: Extract<Admission, { admit: 'refuse' }>, trace: CallTrace): CallError {
    const facts = { ...this.#facts(trace), cause };
    if (trace.written === 0) return new CallRefusedError(code, reason, facts);
    return new ConnectionLostError(
      'CONNECTION_LOST',
      `the session was lost with the call; now ${reason}`,
      facts,
    );
  }

  #facts(trace: CallTrace): { server: string; state: string; mayHaveExecuted: boolean } {
    const { server } = this.#options;
    return { server, state: this.#options.state(), mayHaveExecuted: trace.written > 0 };
  }

  /** Waits for a session other than the last one. Rejects at the deadline or on the signal. */
  #turn(
    deadline: number,
    signal: AbortSignal | undefined,
    trace: CallTrace,
    last: SessionPort | null,
  ): Promise<void> {
    const { clock } = this.#options;
    return new Promise((resolve, reject) => {
      const ask = () => {
        const admission = this.#options.admission();
        const isOpen = admission.admit === 'send' ? admission.session !== last : admission.admit !== 'wait';
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
        clock.clearTimeout(timer);
        signal?.removeEventListener('abort', abort);
        settle();
      };
      signal?.addEventListener('abort', abort, { once: true });
      this.#waiting.add(ask);
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
