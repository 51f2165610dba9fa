/**
 * What each action of the connection chart does to its context: pure functions from what is known and
 * what came in to what changes. The chart wraps them in `assign`.
 */
import type {
  ConnectionContext,
  ConnectionErrorCode,
  ConnectionErrorRecord,
  ConnectionInput,
  HandshakeAnswer,
  ProbeOutput,
  ReleaseOutput,
} from './connection.types.js';
import { DEFAULT_HEALTH_CHECK, retryDelay, WAKE_SPREAD } from './policy.js';

type Change = Partial<ConnectionContext>;

/** Why a probe had no answer. */
type ProbeFailure = Pick<ConnectionErrorRecord, 'message' | 'details'>;

export function initialContext(input: ConnectionInput): ConnectionContext {
  return {
    ...input,
    intent: 'disconnected',
    epoch: 0,
    attempts: 0,
    wasUp: false,
    wasStable: false,
    lostAt: null,
    connectedSince: null,
    backoffDelay: 0,
    error: null,
    failure: null,
    answer: null,
    connectedAt: null,
    isHeard: false,
    probeFailures: 0,
    probeFailure: null,
    probeMethod: input.probe,
    probeUrgency: 'now',
    isPingless: false,
    probeDelay: 0,
  };
}

/** Somebody asked for the connection: a new series of attempts, whatever came before. */
export function wantConnected(): Change {
  return {
    intent: 'connected',
    attempts: 0,
    wasUp: false,
    wasStable: false,
    lostAt: null,
    error: null,
    failure: null,
  };
}

export function wantDisconnected(): Change {
  return { intent: 'disconnected', error: null, failure: null };
}

export function wantTerminated(): Change {
  return { intent: 'terminated', failure: null };
}

/** Somebody asked for a new session in place of a running or lost one. */
export function wantNewSession(): Change {
  return { intent: 'connected', attempts: 0, wasStable: false, lostAt: null, error: null };
}

/** The user has authorized the connection, in whatever time: a new series of attempts. */
export function beginAnew(): Change {
  return { attempts: 0, lostAt: null };
}

export function beginSession(context: ConnectionContext): Change {
  return {
    epoch: context.epoch + 1,
    answer: null,
    connectedAt: null,
    connectedSince: null,
    probeMethod: context.isPingless ? 'alternative' : context.probe,
    probeUrgency: 'now',
  };
}

export function recordAnswer(answer: HandshakeAnswer): Change {
  return { answer };
}

/** The session counts as up from here. */
export function recordConnectedSince(moment: { at: number; time: number }): Change {
  return { connectedSince: moment.at, connectedAt: moment.time };
}

/** The session may be used: what was wrong before no longer is. */
export function enterConnected(context: ConnectionContext): Change {
  const { healthCheck } = context.config;
  const { interval } = healthCheck === false ? DEFAULT_HEALTH_CHECK : healthCheck;
  return {
    wasUp: true,
    error: null,
    probeFailures: 0,
    probeFailure: null,
    probeUrgency: 'routine',
    probeDelay:
      context.config.keepAlive === false ? interval : Math.min(interval, context.config.keepAlive.interval),
  };
}

export function recordFirstProbe(output: ProbeOutput, context: ConnectionContext): Change {
  return {
    connectedSince: output.at,
    connectedAt: output.time,
    isPingless: provesPingless(output, context),
  };
}

export function recordProbePassed(output: ProbeOutput, context: ConnectionContext): Change {
  return {
    probeFailures: 0,
    probeFailure: null,
    probeUrgency: 'routine',
    probeDelay: output.nextDelay,
    isPingless: provesPingless(output, context),
  };
}

export function recordProbeFailed({ message, details }: ProbeFailure, context: ConnectionContext): Change {
  return {
    probeFailures: context.probeFailures + 1,
    probeFailure: message,
    // What was heard or sent before says nothing of the time after it.
    probeUrgency: 'now',
    probeDelay: confirmingDelay(context, details?.retryAfter),
  };
}

/** Soon, or when the server says so, but no later than a silent one would be asked. */
function confirmingDelay({ config, probeDelay }: ConnectionContext, retryAfter: unknown): number {
  const { healthCheck, keepAlive } = config;
  if (healthCheck === false) return keepAlive === false ? probeDelay : keepAlive.interval;
  const { confirmAfter, interval } = healthCheck;
  const asked = typeof retryAfter === 'number' ? Math.min(retryAfter, interval) : 0;
  return Math.max(confirmAfter, asked);
}

/** The server lives, but does not keep up: no failure, and reason enough to ask again soon. */
export function recordProbeLate({ message, details }: ProbeFailure, context: ConnectionContext): Change {
  const failure = { message: `alive, but ${message}`, ...(details && { details }) };
  return { ...recordProbeFailed(failure, context), probeFailures: 0 };
}

/** The other question was answered where ping was not: ping is not asked of this server again. */
function provesPingless({ evidence }: ProbeOutput, { isPingless, probeMethod }: ConnectionContext): boolean {
  return isPingless || (probeMethod === 'alternative' && evidence === 'reply');
}

/** Some servers never answer ping: the next question is another one. */
export function tryAlternative(context: ConnectionContext): Change {
  return context.probeMethod === 'ping' ? { probeMethod: 'alternative' } : {};
}

export function recordError(error: ConnectionErrorRecord): Change {
  return { error };
}

/** The machine slept: what failed around the gap says nothing about the server. */
export function planWakeProbe(random: number): Change {
  return { probeFailures: 0, probeUrgency: 'now', probeDelay: random * WAKE_SPREAD };
}

/** The machine slept: try again soon, but not all at once, and count from here. */
export function planWakeRetry(random: number, context: ConnectionContext): Change {
  const delay = Math.max(1, random * WAKE_SPREAD);
  return context.failure === null
    ? { backoffDelay: Math.min(context.backoffDelay, delay) }
    : { backoffDelay: delay, failure: null, attempts: 0, lostAt: null };
}

export function countRetry(output: ReleaseOutput, context: ConnectionContext): Change {
  return {
    attempts: context.attempts + 1,
    wasStable: false,
    lostAt: context.wasUp ? (context.lostAt ?? output.startedAt) : null,
  };
}

export function planBackoff(output: ReleaseOutput, context: ConnectionContext): Change {
  const retryAfter = context.error?.details?.retryAfter;
  return {
    backoffDelay: retryDelay(
      context.config.retryPolicy,
      context.attempts,
      output.random,
      typeof retryAfter === 'number' ? retryAfter : null,
    ),
  };
}

/** Nobody tries any more: the error says how often it was tried. */
export function recordExhausted(context: ConnectionContext): Change {
  const attempts = context.attempts + (context.wasUp ? 0 : 1);
  const error = context.error;
  return {
    failure: 'exhausted',
    error: error && { ...error, details: { ...error.details, attempts } },
  };
}

export function resetAttempts(): Change {
  return { attempts: 0, wasStable: true, lostAt: null };
}

/** An error the chart itself finds. */
export function recordChartError(code: ConnectionErrorCode, message: string): Change {
  return { error: { code, message } };
}

/** The error of an invoked actor as a record: its own where it has one, else an internal error. */
export function toRecord(error: unknown): ConnectionErrorRecord {
  if (isRecordSource(error)) return error.toRecord();
  return { code: 'INTERNAL_ERROR', message: error instanceof Error ? error.message : String(error) };
}

function isRecordSource(error: unknown): error is { toRecord(): ConnectionErrorRecord } {
  return (
    typeof error === 'object' && error !== null && 'toRecord' in error && typeof error.toRecord === 'function'
  );
}
