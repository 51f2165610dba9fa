/**
 * What is mutated in one go, and the tests that speak to it: folders or files, the cheapest first, because a
 * mutant is done with when one of them fails.
 *
 * Tests that compile the sources and start a process from them are of no use here: the process knows nothing of
 * the mutant that the test is about.
 */
export const scopes = {
  machines: {
    mutate: ['machines/**/*.ts'],
    tests: [
      'test/machines/policy.test.ts',
      'test/machines/journeys.test.ts',
      'test/machines',
      'test/mutation/walk.ts',
    ],
    ignorers: ['readersOnly'],
    // Every survivor is explained, or the command fails.
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
  const owns = ({ mutate: [folder] }) => path.startsWith(folder.slice(0, folder.indexOf('*')));
  return Object.keys(scopes).find((name) => owns(scopes[name]));
}
