import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

// Apart from the suite: these scenarios bring a package and a second Node from the registry, or are about clients that
// are not ours.
export default defineConfig({
  root: fileURLToPath(new URL('../..', import.meta.url)),
  test: {
    include: ['test/conformance/**/*.scenarios.ts'],
    testTimeout: 60_000,
    hookTimeout: 240_000,
    retry: 0,
  },
});
