/**
 * What is mutated in one go, and the tests that speak to it: folders or files, the cheapest first, because a
 * mutant is done with when one of them fails.
 *
 * Tests that compile the sources and start a process from them are of no use here: the process knows nothing of
 * the mutant that the test is about.
 */
export const scopes = {
  machines: {
    mutate: ['machines/connection/**/*.ts'],
    tests: [
      'test/machines/policy.test.ts',
      'test/machines/journeys.test.ts',
      'test/machines',
      'test/mutation/walk.ts',
    ],
    without: ['test/machines/pool/**', 'test/machines/daemon/**'],
    ignorers: ['readersOnly'],
    // Every survivor is explained, or the command fails.
    isStrict: true,
  },
  holders: {
    // The charts of those that hold connections.
    mutate: ['machines/pool/**/*.ts', 'machines/daemon/**/*.ts'],
    tests: [
      'test/machines/pool',
      'test/machines/daemon',
      'test/machines/unprovided.test.ts',
      'test/walk/daemon',
      'test/walk/pool/totality.test.ts',
      'test/walk/pool/machine.test.ts',
    ],
    ignorers: ['readersOnly'],
    isStrict: true,
  },
  connection: {
    mutate: ['src/connection/**/*.ts'],
    tests: ['test/connection'],
    isStrict: false,
  },
  session: {
    mutate: ['src/session/**/*.ts'],
    tests: ['test/session', 'test/connection/restore.test.ts', 'test/connection/wire.test.ts'],
    isStrict: false,
  },
  transports: {
    // What happens to the groups when the host ends is tested in processes of their own.
    mutate: ['src/transports/**/*.ts', '!src/transports/stdio/hostExit.ts'],
    tests: ['test/transports'],
    without: ['test/transports/stdio/hostExit.test.ts'],
    isStrict: false,
  },
};

/** The scope that a file belongs to. */
export function scopeOf(path) {
  const owns = ({ mutate }) => mutate.some((glob) => path.startsWith(glob.split('*')[0]));
  return Object.keys(scopes).find((name) => owns(scopes[name]));
}
