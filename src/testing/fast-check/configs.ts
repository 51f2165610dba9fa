import fc from 'fast-check';
import type { BackoffStrategy } from '../../../machines/index.js';
import type { ConnectionConfig } from '../../connection/options.js';

const milliseconds = fc.oneof(fc.integer({ min: 1, max: 2_000 }), fc.integer({ min: 1, max: 2 ** 31 - 1 }));

/** What `random` may return: in [0, 1), ends included. */
export function randomNumbers(): fc.Arbitrary<number> {
  return fc.oneof(
    fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    fc.constantFrom(0, 0.5, 1 - Number.EPSILON),
  );
}

/** Any strategy a configuration may name. */
export function backoffStrategies(): fc.Arbitrary<BackoffStrategy> {
  return fc.oneof(
    fc.record({ type: fc.constant('constant' as const), delay: milliseconds }),
    fc.record({ type: fc.constant('linear' as const), delay: milliseconds }),
    fc.record({ type: fc.constant('linear' as const), delay: milliseconds, maxDelay: milliseconds }),
    fc.record({
      type: fc.constant('exponential' as const),
      initial: milliseconds,
      multiplier: fc.oneof(fc.double({ min: 1, max: 10, noNaN: true }), fc.constantFrom(1, 2, 1e9)),
      maxDelay: milliseconds,
    }),
  );
}

const limit = (min: number, max: number) =>
  fc.oneof(fc.integer({ min, max }), fc.constant('unlimited' as const));

/** Any setting of the options that decide where a connection goes. All of them work. */
export function connectionConfigs(): fc.Arbitrary<ConnectionConfig> {
  return fc.record({
    retryPolicy: fc.record({
      initialAttempts: limit(1, 3),
      maxAttempts: limit(0, 3),
      backoffStrategy: backoffStrategies(),
      timeout: fc.oneof(fc.integer({ min: 0, max: 60_000 }), fc.constant('unlimited' as const)),
      jitter: fc.constantFrom('full' as const, 'equal' as const, 'none' as const),
      minDelay: fc.constantFrom(0, 100),
      stableAfter: fc.constantFrom(0, 1_000, 60_000),
    }),
    healthCheck: fc.oneof(
      {
        weight: 4,
        arbitrary: fc.record({
          interval: fc.integer({ min: 1, max: 60_000 }),
          timeout: fc.constantFrom(1, 5_000),
          failureThreshold: fc.integer({ min: 1, max: 3 }),
          confirmAfter: fc.constantFrom(0, 1_000),
        }),
      },
      { weight: 1, arbitrary: fc.constant(false as const) },
    ),
    timeout: fc.record({
      connect: fc.constantFrom(20_000, 60_000),
      transport: fc.constantFrom(1, 10_000, 90_000),
      negotiation: fc.constantFrom(1, 10_000),
      drain: fc.constantFrom(1, 30_000),
      release: fc.constantFrom(1, 10_000),
    }),
    keepAlive: fc.oneof(
      { weight: 3, arbitrary: fc.constant(false as const) },
      { weight: 1, arbitrary: fc.record({ interval: fc.integer({ min: 1, max: 60_000 }) }) },
    ),
  });
}
