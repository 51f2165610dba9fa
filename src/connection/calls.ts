import type { TimeoutConfig } from '../../machines/index.js';
import type { Clock } from '../clock.js';
import {
  CallError,
  CallRefusedError,
  CallTimeoutError,
  ConnectionError,
  ConnectionLostError,
  messageOf,
} from '../errors.js';
import type { CallTrace, SessionPort } from '../session/port.js';
import { lostRequestReason } from '../transports/lostRequest.js';
import { SESSION_IS_OVER } from '../transports/sessionIsOver.js';
import { attempt, type Failure } from './attempt.js';
import type { Admission, CallOptions, CallRecord, CallRules, Send } from './call.types.js';
import { checkDuration } from './config.js';
import type { CallStats } from './stats.js';
import { WaitingLine } from './waitingLine.js';
import { wrongInError, wrongInResult } from './wrong.js';

export interface CallsOptions {
  server: string;
  clock: Clock;
  timeout: TimeoutConfig;
  stats: CallStats;
  /** Asks the chart. */
  admission(): Admission;
  /** The state in words, for errors. */
  state(): string;
  /** Why the last session ended or the last attempt failed; null while connected, or when it was asked for. */
  failure(): ConnectionError | null;
  settled(record: CallRecord): void;
}

const WAITING_LIMIT = 1_000;
/** Sendings without an answer after which a call is not sent again: it may be what ends the sessions. */
const DOUBT_LIMIT = 2;
/**
 * How long after a call the chart may hear that its session is over, in milliseconds. Longer than a dying
 * process is given to be seen exiting.
 */
const LOSS_GRACE = 2_000;

/** Where the books have a call that was accepted. */
type Place = 'waiting' | 'inFlight' | CallRecord['outcome'];

/** The calls of one connection, from acceptance to settlement. */
export class Calls {
  readonly #options: CallsOptions;
  readonly #line: WaitingLine;
  #idle: (() => void)[] = [];
  /** What the client of a run answers once that is over. */
  readonly #afterRun = () =>
    new CallRefusedError('NOT_CONNECTED', 'this client served one run, which is over', {
      server: this.#options.server,
      state: this.#options.state(),
      mayHaveExecuted: false,
    });

  constructor(options: CallsOptions) {
    this.#options = options;
    this.#line = new WaitingLine(options.clock);
  }

  /** The admission may have changed: those who wait ask again. */
  admissionChanged(): void {
    this.#line.changed();
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
    const deadline = began + Math.min(limits.timeout, limits.total);
    let elapsed = 0;
    let sessions = 0;
    /** Sendings that the server may have acted on, and never answered. */
    let doubts = 0;
    let outcome: CallRecord['outcome'] = 'failed';
    let wrong: string | undefined;
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
          await this.#turn(deadline, signal, trace, last);
          // Since its turn came, and before anything listens to the signal again.
          signal?.throwIfAborted();
          elapsed = clock.now() - began;
          admission = this.#admit(trace, place);
        }
        place = this.#move(place, 'inFlight');
        const { session } = admission;
        last = session;
        const { written } = trace;
        sessions += 1;
        stats.sent += 1;
        const left = { timeout: limits.timeout - elapsed, total: limits.total - elapsed };
        const ended = await attempt({
          session,
          send,
          rules,
          options,
          trace,
          left,
          clock,
          refusal: this.#afterRun,
        });
        if ('result' in ended) {
          outcome = 'succeeded';
          wrong = wrongInResult(ended.result);
          return ended.result;
        }
        if (signal?.aborted) throw signal.reason;
        if (trace.written > written) doubts += 1;
        const mayRepeat = trace.written === 0 || (rules.isSafe && doubts < DOUBT_LIMIT);
        if (mayRepeat && this.#isToldFirst(ended, session)) {
          await this.#loss(session, deadline, signal);
          signal?.throwIfAborted();
        }
        admission = this.#afterFailure(ended, session, trace, mayRepeat);
        elapsed = clock.now() - began;
      }
    } catch (error) {
      if (signal?.aborted && error === signal.reason) outcome = 'cancelled';
      wrong = outcome === 'cancelled' ? outcome : wrongInError(error);
      throw error;
    } finally {
      this.#move(place, outcome);
      const duration = clock.now() - began;
      this.#options.settled({ method, name: rules.name, outcome, error: wrong, duration, sessions });
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

  /**
   * Decides what becomes of a call that a session did not carry out. Returns where it may go next.
   *
   * @param mayRepeat whether it may be sent again, as far as the call is concerned
   */
  #afterFailure(
    failure: Failure,
    session: SessionPort,
    trace: CallTrace,
    mayRepeat: boolean,
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
    const next = this.#options.admission();
    const isUp = next.admit === 'send' && next.session === session;
    if (isUp && (mayRepeat || !saysSessionIsOver(error))) {
      // R28: its answer is lost, and the session lives.
      if (error !== failure.error && mayRepeat && !isTooLarge(error)) return next;
      throw this.#unsendable(error, trace, facts);
    }
    const cause = error instanceof ConnectionError ? error : (this.#options.failure() ?? error);
    // Asked again, the answer would be as large again.
    if (trace.written > 0 && (!mayRepeat || next.admit === 'refuse' || isTooLarge(cause))) {
      throw new ConnectionLostError('CONNECTION_LOST', 'the session was lost with the call in flight', {
        ...facts,
        cause,
      });
    }
    if (next.admit === 'refuse') throw this.#refusal(next, trace);
    if (next.admit === 'wait') this.#expectRoom(trace);
    return next;
  }

  /** The transport told the call that the session is over, and the chart has not heard of it. */
  #isToldFirst({ kind, error }: Failure, session: SessionPort): boolean {
    return kind === 'unanswered' && saysSessionIsOver(error) && this.#isUp(session);
  }

  /** Waits a moment for the chart to hear that the session is lost. */
  async #loss(session: SessionPort, deadline: number, signal: AbortSignal | undefined): Promise<void> {
    const until = Math.min(deadline, this.#options.clock.now() + LOSS_GRACE);
    await this.#line.until(() => !this.#isUp(session), until, signal);
  }

  #isUp(session: SessionPort): boolean {
    const admission = this.#options.admission();
    return admission.admit === 'send' && admission.session === session;
  }

  /** The error of a call that could not be sent, or not be answered, over a session that lives. */
  #unsendable(error: unknown, trace: CallTrace, facts: ConstructorParameters<typeof CallError>[2]): unknown {
    if (error instanceof ConnectionError) return new CallError(error.code, error.message, facts);
    // Before anything was written it is a mistake in the call, and the SDK's word on it.
    if (trace.written === 0) return error;
    return new CallError('TRANSPORT_FAILED', `the call could not be sent: ${messageOf(error)}`, facts);
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
  async #turn(
    deadline: number,
    signal: AbortSignal | undefined,
    trace: CallTrace,
    last: SessionPort | null,
  ): Promise<void> {
    const isOpen = () => {
      const admission = this.#options.admission();
      return admission.admit === 'send' ? admission.session !== last : admission.admit !== 'wait';
    };
    if (await this.#line.until(isOpen, deadline, signal)) return;
    const cause = this.#options.failure();
    throw new CallTimeoutError('CALL_TIMEOUT', 'no session within the limit of the call', {
      ...this.#facts(trace),
      ...(cause !== null && { cause }),
    });
  }
}

function saysSessionIsOver(error: unknown): boolean {
  return error instanceof ConnectionError && SESSION_IS_OVER.has(error.code);
}

function isTooLarge(error: unknown): boolean {
  return error instanceof ConnectionError && error.code === 'FRAME_TOO_LARGE';
}
