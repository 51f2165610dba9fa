import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

// Apart from the suite: these need a browser, which not every machine has.
export default defineConfig({
  root: fileURLToPath(new URL('../..', import.meta.url)),
  test: {
    include: ['test/browser/**/*.browser.ts'],
    // Each starts a browser, which takes as many processes as it likes.
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    retry: 0,
  },
});
