import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Most of them wait for processes that they have started; one at a time would leave a core without work.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    // Real processes and sockets on two cores: a hang is found by the test's own limit, not by chance.
    testTimeout: 30_000,
    hookTimeout: 30_000,
    retry: 0,
    reporters: ['default', './test/matrix/reporter.ts'],
  },
});
