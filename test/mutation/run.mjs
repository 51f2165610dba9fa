/**
 * Changes the code in one place at a time and looks whether a test notices. Takes minutes to hours.
 *
 *   npm run test:mutation                            every scope
 *   npm run test:mutation -- machines session        some of them
 *   npm run test:mutation -- src/session/tap.ts      one file
 *   npm run test:mutation -- machines --concurrency 4  the rest are options of Stryker's
 *   npm run test:mutation -- machines --again        judges the last report, without a run
 *
 * Exits with 1 where every survivor has to be explained (`explained.mjs`) and one is not.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { explained } from './explained.mjs';
import { describeJudgement, isHeld, judge } from './judge.mjs';
import { scopeOf, scopes } from './scopes.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const { wanted, options } = readArguments(process.argv.slice(2));
const isAgain = options.includes('--again');
const run = isAgain ? undefined : bring();
for (const [scope, files] of wanted) {
  if (run?.(scope, files) === false) process.exitCode = 1;
  else report(scope);
}

/** Which files of which scopes (all of them where none is named), and what is for Stryker. */
function readArguments(words) {
  const firstOption = words.findIndex((word) => word.startsWith('--'));
  const end = firstOption === -1 ? words.length : firstOption;
  const named = words.slice(0, end);
  const wanted = new Map();
  for (const word of named.length > 0 ? named : Object.keys(scopes)) {
    const scope = word in scopes ? word : scopeOf(word);
    if (scope === undefined) throw new Error(`${word} is neither a scope nor in one: ${Object.keys(scopes)}`);
    wanted.set(scope, [...(wanted.get(scope) ?? []), ...(word in scopes ? [] : [word])]);
  }
  return { wanted, options: words.slice(end) };
}

/** Stryker asks for a younger Node than ours, so neither is a dependency. */
function bring() {
  const node = brought('node@24', 'bin/node');
  const version = '10.1.1';
  const stryker = brought(
    `@stryker-mutator/core@${version}`,
    'bin/stryker.js',
    `@stryker-mutator/vitest-runner@${version}`,
  );
  const plugin = join(dirname(stryker), '../../vitest-runner/dist/src/index.js');
  return (scope, files) => {
    const only = files.length > 0 ? ['--mutate', files.join(',')] : [];
    const args = [stryker, 'run', 'test/mutation/stryker.config.mjs', ...only, ...options];
    const env = {
      ...process.env,
      // Processes that tests start are to run on it too.
      PATH: `${dirname(node)}${delimiter}${process.env.PATH}`,
      LIFELINE_MUTATION_SCOPE: scope,
      LIFELINE_VITEST_RUNNER: plugin,
    };
    return spawnSync(node, args, { cwd: root, env, stdio: 'inherit' }).status === 0;
  };
}

function brought(...words) {
  const { status, stdout } = spawnSync(process.execPath, ['.ci/bring.mjs', ...words], {
    cwd: root,
    encoding: 'utf8',
    // The runner has Vitest for a peer: it is to find ours, further up, and not to bring another.
    env: { ...process.env, npm_config_legacy_peer_deps: 'true' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (status !== 0) throw new Error(`${words[0]} could not be brought`);
  return stdout.trim();
}

function report(scope) {
  const { files } = JSON.parse(readFileSync(join(root, `reports/mutation/${scope}.json`), 'utf8'));
  const judgement = judge(files, explained);
  console.log(describeJudgement(scope, judgement));
  if (scopes[scope].isStrict && !isHeld(judgement)) process.exitCode = 1;
}
