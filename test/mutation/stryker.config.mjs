/** How Stryker works here. `run.mjs` starts it, and says in the environment for which scope. */
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { scopes } from './scopes.mjs';

const name = process.env.LIFELINE_MUTATION_SCOPE;
const besides = (file) => fileURLToPath(new URL(file, import.meta.url));

export default {
  mutate: scopes[name].mutate,
  testRunner: 'vitest',
  // Not found by name, because it lives in a cache and not among the dependencies.
  plugins: [process.env.LIFELINE_VITEST_RUNNER, besides('ignoreReadersOnly.mjs')],
  ignorers: scopes[name].ignorers ?? [],
  vitest: { configFile: 'test/mutation/vitest.config.mjs', related: false },
  coverageAnalysis: 'perTest',
  // Real processes and sockets: half of the machine is theirs.
  concurrency: Math.max(1, Math.floor(availableParallelism() / 2)),
  // Beside what the tests take, half as long again: on a busy machine a test is slow without being endless.
  timeoutMS: 20_000,
  // Stryker rewrites it by means of the compiler's JavaScript API, which TypeScript 7 does not have.
  tsconfigFile: 'none',
  // Mutants that do not type check are not weeded out for the same reason; some cannot be told from the original.
  disableTypeChecks: false,
  // A sandbox for each scope, so that two can run at a time.
  tempDirName: `.stryker-tmp/${name}`,
  ignorePatterns: ['/.stryker-tmp', '/bench', '/coverage', '/dist', '/docs', '/reports'],
  reporters: ['json', 'html', process.stdout.isTTY ? 'progress' : 'progress-append-only'],
  eventReporter: { baseDir: `reports/mutation/events-${name}` },
  jsonReporter: { fileName: `reports/mutation/${name}.json` },
  htmlReporter: { fileName: `reports/mutation/${name}.html` },
  // Charts are data: nearly all of their mutants are static. That they take longer is known.
  warnings: { slow: false },
};
