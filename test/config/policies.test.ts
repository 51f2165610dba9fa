/** The schema says the same of policies as the manager does: what passes the one passes the other. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MAX_DURATION } from '../../machines/index.js';
import { ConfigFileError } from '../../src/config/configFileError.js';
import { resolveConfig } from '../../src/connection/config.js';
import { ConfigError } from '../../src/errors.js';
import { load } from './support.js';

const number = fc.constantFrom(-1, 0, 0.5, 1, 1.5, 2, 100, MAX_DURATION, MAX_DURATION + 1, 2 ** 40);
const value = fc.oneof(
  { weight: 4, arbitrary: number },
  fc.constantFrom('unlimited', 'full', 'equal', 'none', 'ping', '', true, false, null, [], {}),
);

/** Some of the fields, most of them with values that they can have, and now and then one that nobody knows. */
function fields(...names: string[]) {
  return fc.dictionary(fc.constantFrom(...names, 'unknown'), value, { maxKeys: 4 });
}

const strategy = fc.oneof(
  value,
  fc
    .tuple(
      fc.constantFrom('constant', 'linear', 'exponential', 'other'),
      fc.dictionary(fc.constantFrom('delay', 'initial', 'multiplier', 'maxDelay'), number),
    )
    .map(([type, rest]) => ({ type, ...rest })),
);

const policies: { [name: string]: fc.Arbitrary<unknown> } = {
  retryPolicy: fc.oneof(
    fields('initialAttempts', 'maxAttempts', 'timeout', 'jitter', 'minDelay', 'stableAfter'),
    strategy.map((backoffStrategy) => ({ backoffStrategy })),
    value,
  ),
  healthCheck: fc.oneof(fields('interval', 'timeout', 'failureThreshold', 'confirmAfter', 'probe'), value),
  timeout: fc.oneof(
    fields('connect', 'transport', 'negotiation', 'drain', 'release', 'call', 'callTotal'),
    // A bare number is let through here, as hosts have it, and is ignored.
    value.filter((each) => typeof each !== 'number'),
  ),
  keepAlive: fc.oneof(fields('interval'), value),
};

function isRefused(attempt: () => unknown, kind: typeof ConfigError | typeof ConfigFileError): boolean {
  try {
    attempt();
    return false;
  } catch (error) {
    if (error instanceof kind) return true;
    throw error;
  }
}

describe.each(Object.entries(policies))('%s', (name, arbitrary) => {
  test('is refused in a file when the manager refuses it, and only then', () => {
    const seen = new Set<boolean>();
    fc.assert(
      fc.property(arbitrary, (policy) => {
        const byManager = isRefused(() => resolveConfig({ [name]: policy }), ConfigError);
        const file = { mcpServers: { it: { command: 'a', [name]: policy } } };
        expect(isRefused(() => load(file), ConfigFileError)).toBe(byManager);
        seen.add(byManager);
      }),
      { numRuns: 1_500 },
    );
    expect([...seen].sort()).toEqual([false, true]);
  });

  test('arrives as it was written', () => {
    fc.assert(
      fc.property(arbitrary, (policy) => {
        const file = { mcpServers: { it: { command: 'a', [name]: policy } } };
        fc.pre(!isRefused(() => load(file), ConfigFileError));
        const loaded = load(file).servers.get('it')?.policies;
        expect(resolveConfig({ ...loaded })).toEqual(resolveConfig({ [name]: policy }));
      }),
    );
  });
});
