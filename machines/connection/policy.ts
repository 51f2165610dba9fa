import type {
  BackoffStrategy,
  ConnectionContext,
  ConnectionErrorCode,
  HealthCheckConfig,
  Jitter,
  ReleaseOutput,
  ResolvedConfig,
  RetryPolicy,
} from './connection.types.js';

/** Longest duration a timer can have: from 2^31 ms on, timers fire at once. */
export const MAX_DURATION = 2 ** 31 - 1;

/** After the machine slept, probes and retries are spread over so many milliseconds. */
export const WAKE_SPREAD = 2_000;

/** Cap of a linear strategy that names none. */
const LINEAR_CAP = 30_000;

export const DEFAULT_HEALTH_CHECK: HealthCheckConfig = {
  interval: 30_000,
  timeout: 5_000,
  failureThreshold: 3,
  confirmAfter: 1_000,
};

export const DEFAULT_CONFIG: ResolvedConfig = {
  retryPolicy: {
    initialAttempts: 3,
    maxAttempts: 'unlimited',
    backoffStrategy: { type: 'exponential', initial: 500, multiplier: 2, maxDelay: 30_000 },
    timeout: 'unlimited',
    jitter: 'full',
    minDelay: 100,
    stableAfter: 60_000,
  },
  healthCheck: DEFAULT_HEALTH_CHECK,
  timeout: {
    connect: 60_000,
    transport: 10_000,
    negotiation: 10_000,
    drain: 30_000,
    release: 10_000,
    call: 60_000,
    callTotal: 600_000,
  },
  keepAlive: false,
};

/**
 * Where a kind of error leads. `retryable`: a new session after a wait. `fatal`: trying again cannot
 * help, the connection fails. `authorization`: waits for the user to authorize; not an attempt.
 * `session-expired`: the server forgot the session; a new one at once, the first time.
 * `fatal-at-first`: fatal as long as the connection was never up; later retryable, because what was right
 * once may be so again: a proxy answers while a server is deployed, a package is being replaced.
 */
export type Disposition = 'retryable' | 'fatal' | 'fatal-at-first' | 'authorization' | 'session-expired';

export const ERROR_ROUTING: { readonly [Code in ConnectionErrorCode]: Disposition } = {
  AUTHORIZATION_REQUIRED: 'authorization',
  SESSION_EXPIRED: 'session-expired',

  CONNECTION_CLOSED: 'retryable',
  CONNECTION_REFUSED: 'retryable',
  CONNECT_TIMEOUT: 'retryable',
  FIRST_PROBE_FAILED: 'retryable',
  FRAME_TOO_LARGE: 'retryable',
  // A server that answers `initialize` with an error may be starting up. One that names the
  // revisions it supports instead is UNSUPPORTED_PROTOCOL_VERSION.
  HANDSHAKE_REJECTED: 'retryable',
  // 408, 425, 429 and 5xx: the server says that another time may do.
  HTTP_ERROR: 'retryable',
  NEGOTIATION_TIMEOUT: 'retryable',
  NETWORK_ERROR: 'retryable',
  PIPE_BROKEN: 'retryable',
  // Even before the handshake: a port still in use or a locked file passes.
  PROCESS_EXITED: 'retryable',
  // Descriptors, processes or memory ran out on this machine; they come back.
  RESOURCES_EXHAUSTED: 'retryable',
  STREAM_LOST: 'retryable',
  TRANSPORT_FAILED: 'retryable',
  TRANSPORT_TIMEOUT: 'retryable',
  UNHEALTHY: 'retryable',

  COMMAND_NOT_FOUND: 'fatal-at-first',
  // 4xx other than those above: the request itself is wrong for this server, or this is not the server.
  HTTP_REJECTED: 'fatal-at-first',
  NOT_MCP: 'fatal-at-first',

  // The authorization itself was refused; asking again with the same code cannot help.
  AUTHORIZATION_FAILED: 'fatal',
  CAPABILITY_MISSING: 'fatal',
  CWD_NOT_FOUND: 'fatal',
  FORBIDDEN: 'fatal',
  // Ours or the embedder's code threw; a retry would hide it.
  INTERNAL_ERROR: 'fatal',
  PERMISSION_DENIED: 'fatal',
  // Opening beside something that did not end would make two of it.
  RELEASE_FAILED: 'fatal',
  SPAWN_FAILED: 'fatal',
  // R3: the server cannot speak any revision of ours, now or later.
  UNSUPPORTED_PROTOCOL_VERSION: 'fatal',
};

/** Whether trying again cannot help. */
export function isFatal({ error, wasUp }: Pick<ConnectionContext, 'error' | 'wasUp'>): boolean {
  if (error === null) return false;
  const disposition = ERROR_ROUTING[error.code];
  return disposition === 'fatal' || (disposition === 'fatal-at-first' && !wasUp);
}

/** The longest wait a strategy can ask for, in milliseconds. */
export function backoffCap(strategy: BackoffStrategy): number {
  switch (strategy.type) {
    case 'constant':
      return strategy.delay;
    case 'linear':
      return strategy.maxDelay ?? Math.max(LINEAR_CAP, strategy.delay);
    case 'exponential':
      return strategy.maxDelay;
  }
}

/**
 * The wait before a retry, before jitter.
 *
 * @param retryCount 1 for the first retry
 * @returns milliseconds, at least 1 and at most the strategy's cap
 */
export function calculateBackoff(strategy: BackoffStrategy, retryCount: number): number {
  const growth = Math.max(0, retryCount - 1);
  let delay: number;
  switch (strategy.type) {
    case 'constant':
      delay = strategy.delay;
      break;
    case 'linear':
      delay = strategy.delay * (growth + 1);
      break;
    case 'exponential':
      delay = strategy.initial * strategy.multiplier ** growth;
      break;
  }
  return Math.max(1, Math.min(delay, backoffCap(strategy), MAX_DURATION));
}

/**
 * Spreads a delay by a random number.
 *
 * @param random in [0, 1)
 * @param minDelay floor in milliseconds, as far as `delay` itself is not shorter
 */
export function applyJitter(delay: number, jitter: Jitter, random: number, minDelay: number): number {
  const floor = Math.max(1, Math.min(minDelay, delay));
  switch (jitter) {
    case 'none':
      return Math.max(floor, delay);
    case 'equal':
      return Math.max(floor, delay / 2 + (random * delay) / 2);
    case 'full':
      return Math.max(floor, random * delay);
  }
}

/**
 * The wait before a retry. What the server asks for (`Retry-After`) lengthens it, never beyond the
 * strategy's cap.
 *
 * @param retryAfter milliseconds
 */
export function retryDelay(
  policy: Pick<RetryPolicy, 'backoffStrategy' | 'jitter' | 'minDelay'>,
  retryCount: number,
  random: number,
  retryAfter: number | null,
): number {
  const delay = applyJitter(
    calculateBackoff(policy.backoffStrategy, retryCount),
    policy.jitter,
    random,
    policy.minDelay,
  );
  if (retryAfter === null || !(retryAfter > delay)) return delay;
  return Math.max(delay, Math.min(retryAfter, backoffCap(policy.backoffStrategy), MAX_DURATION));
}

/** Whether no further retry may start after this release. */
export function isExhausted(
  context: Pick<ConnectionContext, 'config' | 'attempts' | 'wasUp' | 'lostAt'>,
  { startedAt, at }: Pick<ReleaseOutput, 'startedAt' | 'at'>,
): boolean {
  const { initialAttempts, maxAttempts, timeout } = context.config.retryPolicy;
  if (!context.wasUp) return initialAttempts !== 'unlimited' && context.attempts + 1 >= initialAttempts;
  if (maxAttempts !== 'unlimited' && context.attempts >= maxAttempts) return true;
  // The first release after a loss began with it; it counts against the limit like any other.
  return timeout !== 'unlimited' && at - (context.lostAt ?? startedAt) >= timeout;
}
