import { describe, expect, test } from 'vitest';
import { isFatal } from '../../machines/connection/policy.js';
import {
  applyJitter,
  type BackoffStrategy,
  backoffCap,
  type ConnectionErrorCode,
  calculateBackoff,
  DEFAULT_CONFIG,
  type Disposition,
  ERROR_ROUTING,
  isExhausted,
  MAX_DURATION,
  type RetryPolicy,
  retryDelay,
} from '../../machines/index.js';

describe('where an error leads', () => {
  // Written by hand, from what each error means: the table must not be its own test.
  const expected: { [Code in ConnectionErrorCode]: Disposition } = {
    AUTHORIZATION_FAILED: 'fatal',
    AUTHORIZATION_REQUIRED: 'authorization',
    CAPABILITY_MISSING: 'fatal',
    COMMAND_NOT_FOUND: 'fatal-at-first',
    CONNECTION_CLOSED: 'retryable',
    CONNECTION_REFUSED: 'retryable',
    CONNECT_TIMEOUT: 'retryable',
    CWD_NOT_FOUND: 'fatal',
    FIRST_PROBE_FAILED: 'retryable',
    FORBIDDEN: 'fatal',
    FRAME_TOO_LARGE: 'retryable',
    HANDSHAKE_REJECTED: 'retryable',
    HTTP_ERROR: 'retryable',
    HTTP_REJECTED: 'fatal-at-first',
    INTERNAL_ERROR: 'fatal',
    NEGOTIATION_TIMEOUT: 'retryable',
    NETWORK_ERROR: 'retryable',
    NOT_MCP: 'fatal-at-first',
    PERMISSION_DENIED: 'fatal',
    PIPE_BROKEN: 'retryable',
    PROCESS_EXITED: 'retryable',
    RELEASE_FAILED: 'fatal',
    RESOURCES_EXHAUSTED: 'retryable',
    SESSION_EXPIRED: 'session-expired',
    SPAWN_FAILED: 'fatal',
    STREAM_LOST: 'retryable',
    TRANSPORT_FAILED: 'retryable',
    TRANSPORT_TIMEOUT: 'retryable',
    UNHEALTHY: 'retryable',
    UNSUPPORTED_PROTOCOL_VERSION: 'fatal',
  };

  test('is one table, and every code is in it', () => {
    expect(ERROR_ROUTING).toEqual(expected);
  });
});

test('what holds where nothing is said', () => {
  // The numbers that the documentation promises.
  expect(DEFAULT_CONFIG).toEqual({
    retryPolicy: {
      initialAttempts: 3,
      maxAttempts: 'unlimited',
      backoffStrategy: { type: 'exponential', initial: 500, multiplier: 2, maxDelay: 30_000 },
      timeout: 'unlimited',
      jitter: 'full',
      minDelay: 100,
      stableAfter: 60_000,
    },
    healthCheck: { interval: 30_000, timeout: 5_000, failureThreshold: 3, confirmAfter: 1_000 },
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
  });
  // From 2^31 on a timer fires at once.
  expect(MAX_DURATION).toBe(2_147_483_647);
});

test('nothing is fatal where nothing went wrong', () => {
  expect(isFatal({ error: null, wasUp: false })).toBe(false);
  expect(isFatal({ error: null, wasUp: true })).toBe(false);
});

describe('the wait before a retry', () => {
  const strategies: [BackoffStrategy, number[], number][] = [
    [{ type: 'constant', delay: 250 }, [250, 250, 250, 250], 250],
    [{ type: 'linear', delay: 1_000 }, [1_000, 2_000, 3_000, 4_000], 30_000],
    [{ type: 'linear', delay: 1_000, maxDelay: 2_500 }, [1_000, 2_000, 2_500, 2_500], 2_500],
    [{ type: 'linear', delay: 60_000 }, [60_000, 60_000, 60_000, 60_000], 60_000],
    [
      { type: 'exponential', initial: 500, multiplier: 2, maxDelay: 30_000 },
      [500, 1_000, 2_000, 4_000],
      30_000,
    ],
    [{ type: 'exponential', initial: 500, multiplier: 1, maxDelay: 30_000 }, [500, 500, 500, 500], 30_000],
    [
      { type: 'exponential', initial: 900, multiplier: 10, maxDelay: 5_000 },
      [900, 5_000, 5_000, 5_000],
      5_000,
    ],
    [{ type: 'exponential', initial: 900, multiplier: 2, maxDelay: 100 }, [100, 100, 100, 100], 100],
  ];

  test.each(strategies)('grows as the strategy says: %o', (strategy, delays, cap) => {
    expect([1, 2, 3, 4].map((retry) => calculateBackoff(strategy, retry))).toEqual(delays);
    expect(backoffCap(strategy)).toBe(cap);
    expect(calculateBackoff(strategy, 3_000)).toBeLessThanOrEqual(cap);
    // There is no retry before the first.
    expect(calculateBackoff(strategy, 0)).toBe(delays[0]);
  });

  test('is never nothing, and never more than a timer can wait', () => {
    expect(calculateBackoff({ type: 'constant', delay: 0.001 }, 1)).toBe(1);
    const huge = { type: 'exponential', initial: MAX_DURATION, multiplier: 1e300, maxDelay: 1e300 } as const;
    expect(calculateBackoff(huge, 3_000)).toBe(MAX_DURATION);
  });

  test.each([
    ['none', [1_000, 1_000, 1_000]],
    ['equal', [500, 750, 999.5]],
    ['full', [100, 500, 999]],
  ] as const)('is spread by jitter %s', (jitter, delays) => {
    expect([0, 0.5, 0.999].map((random) => applyJitter(1_000, jitter, random, 100))).toEqual(delays);
  });

  test('has a floor, as far as the delay itself is not shorter', () => {
    expect(applyJitter(1_000, 'full', 0, 300)).toBe(300);
    expect(applyJitter(50, 'full', 0, 300)).toBe(50);
    expect(applyJitter(50, 'full', 0, 0)).toBe(1);
    expect(applyJitter(50, 'none', 0, 300)).toBe(50);
  });

  describe('row 29: when the server names one', () => {
    const policy: RetryPolicy = { ...DEFAULT_CONFIG.retryPolicy, jitter: 'none' };

    test.each([
      ['none', null, 500],
      ['zero', 0, 500],
      ['a shorter one', 499, 500],
      ['a longer one', 2_000, 2_000],
      ['an absurd one', 1e9, 30_000],
      ['an infinite one', Number.POSITIVE_INFINITY, 30_000],
      ['one in the past', -1_000, 500],
      ['junk', Number.NaN, 500],
    ])('%s', (_, retryAfter, delay) => {
      expect(retryDelay(policy, 1, 0.5, retryAfter)).toBe(delay);
    });
  });
});

describe('the attempts are used up', () => {
  const at = (
    policy: Partial<RetryPolicy>,
    story: { attempts: number; wasUp: boolean; lostAt?: number },
    release: { startedAt: number; at: number } = { startedAt: 0, at: 0 },
  ) =>
    isExhausted(
      {
        config: { ...DEFAULT_CONFIG, retryPolicy: { ...DEFAULT_CONFIG.retryPolicy, ...policy } },
        attempts: story.attempts,
        wasUp: story.wasUp,
        lostAt: story.lostAt ?? null,
      },
      release,
    );

  test('initialAttempts counts the first attempt, for a connection that was never up', () => {
    expect(at({ initialAttempts: 1 }, { attempts: 0, wasUp: false })).toBe(true);
    expect(at({ initialAttempts: 3 }, { attempts: 1, wasUp: false })).toBe(false);
    expect(at({ initialAttempts: 3 }, { attempts: 2, wasUp: false })).toBe(true);
    expect(at({ initialAttempts: 'unlimited' }, { attempts: 1e6, wasUp: false })).toBe(false);
    expect(at({ initialAttempts: 'unlimited', maxAttempts: 1 }, { attempts: 5, wasUp: false })).toBe(false);
  });

  test('maxAttempts counts retries, for one that was up', () => {
    expect(at({ maxAttempts: 0 }, { attempts: 0, wasUp: true })).toBe(true);
    expect(at({ maxAttempts: 2 }, { attempts: 1, wasUp: true })).toBe(false);
    expect(at({ maxAttempts: 2 }, { attempts: 2, wasUp: true })).toBe(true);
    expect(at({ initialAttempts: 1, maxAttempts: 'unlimited' }, { attempts: 1e6, wasUp: true })).toBe(false);
  });

  test('timeout counts from the loss, for one that was up', () => {
    const lost = { attempts: 1, wasUp: true, lostAt: 1_000 };
    const releasedAt = (at: number) => ({ startedAt: at - 10, at });
    expect(at({ timeout: 500 }, lost, releasedAt(1_499))).toBe(false);
    expect(at({ timeout: 500 }, lost, releasedAt(1_500))).toBe(true);
    expect(at({ timeout: 0 }, lost, releasedAt(1_000))).toBe(true);
    expect(at({ timeout: 'unlimited' }, lost, releasedAt(1e12))).toBe(false);
    expect(at({ timeout: 500 }, { ...lost, wasUp: false }, releasedAt(1e12))).toBe(false);
  });

  test('the release that follows a loss counts: it began with it', () => {
    const justLost = { attempts: 0, wasUp: true };
    expect(at({ timeout: 500 }, justLost, { startedAt: 1_000, at: 1_499 })).toBe(false);
    expect(at({ timeout: 500 }, justLost, { startedAt: 1_000, at: 1_500 })).toBe(true);
  });
});
