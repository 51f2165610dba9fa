import { defineConfig } from 'vitest/config';
import { BaseSequencer } from 'vitest/node';
import { scopes } from './scopes.mjs';

const { tests, without = [] } = scopes[process.env.LIFELINE_MUTATION_SCOPE];

/** In the order in which the tests are listed, and not the longest first. */
class ListedOrder extends BaseSequencer {
  async sort(files) {
    const place = ({ moduleId }) => tests.findIndex((path) => moduleId.includes(`/${path}`));
    return files.toSorted(
      (one, other) => place(one) - place(other) || one.moduleId.localeCompare(other.moduleId),
    );
  }
}

export default defineConfig({
  test: {
    include: tests.map((path) => (path.endsWith('.ts') ? path : `${path}/**/*.test.ts`)),
    exclude: without,
    sequence: { sequencer: ListedOrder },
    // A test that hangs has noticed; there are many of them.
    testTimeout: 10_000,
    hookTimeout: 10_000,
  },
});
