import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { initialContext, planBackoff } from '../../machines/connection/updates.js';
import {
  applyJitter,
  type BackoffStrategy,
  backoffCap,
  calculateBackoff,
  DEFAULT_CONFIG,
  type Jitter,
  MAX_DURATION,
  type RetryPolicy,
  retryDelay,
} from '../../machines/index.js';
import { backoffStrategies, randomNumbers } from '../../src/testing/fast-check/index.js';
import { runs } from './budget.js';

const randomNumber = randomNumbers();
const strategy = backoffStrategies();

const MOST_RETRIES = 3_000;
const retries = Array.from({ length: MOST_RETRIES }, (_, index) => index + 1);

const jitter = fc.constantFrom<Jitter>('full', 'equal', 'none');
const minDelay = fc.oneof(fc.constantFrom(0, 100, MAX_DURATION), fc.integer({ min: 0, max: 60_000 }));
const policy = fc
  .record({ backoffStrategy: strategy, jitter, minDelay })
  .map((given): RetryPolicy => ({ ...DEFAULT_CONFIG.retryPolicy, ...given }));

/** What a server may say, and what nobody should. */
const asked = fc.constantFrom(
  null,
  0,
  -1,
  -1e9,
  1,
  5_000,
  1e9,
  1e300,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
);

const numRuns = runs(60);

/** The floor holds as far as the strategy itself does not ask for less. */
function bounds({ backoffStrategy, minDelay: floor }: RetryPolicy, retry: number): [number, number] {
  const delay = calculateBackoff(backoffStrategy, retry);
  return [Math.max(1, Math.min(floor, delay)), Math.min(backoffCap(backoffStrategy), MAX_DURATION)];
}

describe(`the wait before each of ${MOST_RETRIES} retries`, () => {
  test('is a number above 0 and within the cap, after jitter and whatever the server asks for', () => {
    fc.assert(
      fc.property(policy, randomNumber, asked, (given, random, retryAfter) => {
        const outside = retries.filter((retry) => {
          const [floor, cap] = bounds(given, retry);
          const delay = retryDelay(given, retry, random, retryAfter);
          return !(delay > 0 && delay >= floor && delay <= cap);
        });
        expect(outside).toEqual([]);
      }),
      { numRuns },
    );
  });

  test('never shrinks from one retry to the next before jitter', () => {
    fc.assert(
      fc.property(strategy, (given) => {
        const delays = retries.map((retry) => calculateBackoff(given, retry));
        const shrunk = delays.filter((delay, index) => !(delay >= (delays[index - 1] ?? 1)));
        expect(shrunk).toEqual([]);
      }),
      { numRuns },
    );
  });

  test('is the same for the same retry and random number', () => {
    fc.assert(
      fc.property(policy, randomNumber, fc.integer({ min: 1, max: MOST_RETRIES }), (given, random, retry) => {
        expect(retryDelay(given, retry, random, null)).toBe(retryDelay(given, retry, random, null));
      }),
    );
  });

  test('is a number for counts that make no sense', () => {
    fc.assert(
      fc.property(policy, randomNumber, fc.constantFrom(0, -1, 1e9, 2 ** 53), (given, random, retry) => {
        const [floor, cap] = bounds(given, retry);
        const delay = retryDelay(given, retry, random, null);
        expect(delay).toBeGreaterThanOrEqual(floor);
        expect(delay).toBeLessThanOrEqual(cap);
      }),
    );
  });
});

describe('what a server asks for', () => {
  test('lengthens the wait up to the cap, and never shortens it', () => {
    fc.assert(
      fc.property(
        policy,
        randomNumber,
        asked,
        fc.integer({ min: 1, max: 20 }),
        (given, random, wish, retry) => {
          const own = retryDelay(given, retry, random, null);
          const [, cap] = bounds(given, retry);
          const isLonger = wish !== null && wish > own;
          expect(retryDelay(given, retry, random, wish)).toBe(isLonger ? Math.min(wish, cap) : own);
        },
      ),
    );
  });

  test('is not believed when it is no number', () => {
    const junk = fc.constantFrom<string | boolean | string[] | null>('', '120', 'soon', true, ['5000'], null);
    fc.assert(
      fc.property(policy, randomNumber, junk, (retryPolicy, random, retryAfter) => {
        const context = contextWith(retryPolicy, retryAfter);
        const planned = planBackoff({ startedAt: 0, at: 0, random }, context);
        expect(planned.backoffDelay).toBe(retryDelay(retryPolicy, 1, random, null));
      }),
    );
  });
});

describe('each strategy', () => {
  const delay = fc.integer({ min: 1, max: 100_000 });

  test('constant: always the delay', () => {
    fc.assert(
      fc.property(delay, (wait) => {
        const delays = retries.map((retry) => calculateBackoff({ type: 'constant', delay: wait }, retry));
        expect(new Set(delays)).toEqual(new Set([wait]));
      }),
      { numRuns },
    );
  });

  test('linear: grows by the delay, up to maxDelay', () => {
    fc.assert(
      fc.property(delay, delay, fc.integer({ min: 1, max: MOST_RETRIES }), (step, maxDelay, retry) => {
        const wait = calculateBackoff({ type: 'linear', delay: step, maxDelay }, retry);
        expect(wait).toBe(Math.min(step * retry, maxDelay));
      }),
    );
  });

  test('exponential: begins with initial and multiplies, up to maxDelay', () => {
    const multiplier = fc.constantFrom(1, 2, 3);
    fc.assert(
      fc.property(
        delay,
        multiplier,
        delay,
        fc.integer({ min: 1, max: 30 }),
        (initial, factor, maxDelay, retry) => {
          const given: BackoffStrategy = { type: 'exponential', initial, multiplier: factor, maxDelay };
          expect(calculateBackoff(given, retry)).toBe(Math.min(initial * factor ** (retry - 1), maxDelay));
        },
      ),
    );
  });
});

describe('each option', () => {
  /** Two different values of an option, the smaller one first. */
  const two = fc
    .uniqueArray(fc.integer({ min: 2, max: 5_000 }), { minLength: 2, maxLength: 2 })
    .map(([one = 0, other = 0]): [number, number] => [Math.min(one, other), Math.max(one, other)]);
  const all = (given: BackoffStrategy) => retries.slice(0, 20).map((retry) => calculateBackoff(given, retry));

  test.each<[string, (value: number) => BackoffStrategy]>([
    ['constant.delay', (delay) => ({ type: 'constant', delay })],
    ['linear.delay', (delay) => ({ type: 'linear', delay })],
    ['linear.maxDelay', (maxDelay) => ({ type: 'linear', delay: 1_000, maxDelay })],
    ['exponential.initial', (initial) => ({ type: 'exponential', initial, multiplier: 2, maxDelay: 60_000 })],
    [
      'exponential.multiplier',
      (multiplier) => ({ type: 'exponential', initial: 1, multiplier, maxDelay: MAX_DURATION }),
    ],
    ['exponential.maxDelay', (maxDelay) => ({ type: 'exponential', initial: 1, multiplier: 2, maxDelay })],
  ])('%s changes some wait, and a greater value none to a shorter one', (_name, make) => {
    fc.assert(
      fc.property(two, ([less, more]) => {
        const [shorter, longer] = [all(make(less)), all(make(more))];
        expect(longer).not.toEqual(shorter);
        expect(longer.every((wait, index) => wait >= (shorter[index] ?? 0))).toBe(true);
      }),
    );
  });

  test('jitter spreads over all, over half, over none of the delay', () => {
    const spread = (kind: Jitter) =>
      [0, 0.5, 1 - Number.EPSILON].map((random) => Math.round(applyJitter(1_000, kind, random, 100)));
    expect(spread('full')).toEqual([100, 500, 1_000]);
    expect(spread('equal')).toEqual([500, 750, 1_000]);
    expect(spread('none')).toEqual([1_000, 1_000, 1_000]);
  });

  test('minDelay is the least that jitter leaves', () => {
    fc.assert(
      fc.property(two, ([less, more]) => {
        expect(applyJitter(10_000, 'full', 0, less)).toBe(less);
        expect(applyJitter(10_000, 'full', 0, more)).toBe(more);
        expect(applyJitter(less, 'full', 0, more)).toBe(less);
      }),
    );
  });
});

function contextWith(retryPolicy: RetryPolicy, retryAfter: string | boolean | string[] | null) {
  const config = { ...DEFAULT_CONFIG, retryPolicy };
  const input = { name: 'busy', handle: {}, config, supportedVersions: [], requiredCapabilities: [] };
  return {
    ...initialContext({ ...input, probe: 'ping' }),
    attempts: 1,
    error: { code: 'HTTP_ERROR' as const, message: 'busy', details: { retryAfter } },
  };
}
