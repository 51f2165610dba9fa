import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { describePath, edgeCoveringPaths } from '../../src/graph/index.js';
import { proceed } from '../rigs/arbitraries.js';
import { Watch } from '../rigs/invariants/watch.js';
import { pathCommands } from '../rigs/pathCommands.js';
import { patience, runs } from './budget.js';
import {
  always,
  type Case,
  deafToThrowing,
  exploredGraph,
  fromAnywhere,
  rigFor,
  sameTrace,
  secretsKept,
} from './connectionProperties.js';

/** Stories that once did not hold, by what was wrong. */
const PINNED: { [bug: string]: Case } = {
  'a code that nobody asked for kept a connection wanted that everybody had given up': [
    [{ do: 'connect' }, { do: 'settle' }, { do: 'abort', which: 0 }, { do: 'authorize' }, { do: 'settle' }],
    {},
    'clean',
  ],
  'a session that could not be made kept its turn': [
    [
      { do: 'connect' },
      { do: 'settle' },
      { do: 'breakNext', at: 'making' },
      { do: 'admit' },
      { do: 'settle' },
    ],
    { isGated: true },
    'clean',
  ],
  'a turn granted in the moment of giving up was kept': [
    [{ do: 'connect' }, { do: 'settle' }, { do: 'abort', which: 0 }, { do: 'admit' }, { do: 'settle' }],
    { isGated: true },
    'clean',
  ],
  'a session that was left and lost again was blamed for what came after it': [
    [
      { do: 'connect' },
      { do: 'settle' },
      { do: 'lost', session: 0, code: 'AUTHORIZATION_REQUIRED' },
      { do: 'lost', session: 0, code: 'AUTHORIZATION_REQUIRED' },
      { do: 'settle' },
      { do: 'finishClosing', session: 0 },
      { do: 'settle' },
    ],
    {},
    'clean',
  ],
  'the first release after a loss did not count against the timeout of the retries': [
    [
      { do: 'connect' },
      ...proceed(8),
      { do: 'lost', session: 0, code: 'PROCESS_EXITED' },
      { do: 'advance', by: 5_000 },
      { do: 'finishClosing', session: 0 },
      { do: 'settle' },
    ],
    { config: { retryPolicy: { timeout: 5_000 } } },
    'clean',
  ],
  'who disconnected was told that it is closed when the session had not ended': [
    [{ do: 'connect' }, { do: 'settle' }, { do: 'disconnect' }, { do: 'settle' }],
    {},
    'never closing',
  ],
};

describe('whatever happens, in whatever order', { timeout: patience }, () => {
  test('everything holds that always holds', async () => {
    await fc.assert(always(), { numRuns: runs(400), examples: Object.values(PINNED) });
  });

  test('it also holds from anywhere in the chart', async () => {
    await fc.assert(fromAnywhere(), { numRuns: runs(300) });
  });

  test('the ways into the chart lead where the graph says', async () => {
    for (const path of edgeCoveringPaths(exploredGraph(), { cover: 'transitions' })) {
      const watch = new Watch(rigFor(path.input));
      await watch.run(pathCommands(path));
      expect(watch.snapshot.value, describePath(path)).toEqual(path.steps.at(-1)?.stateValue);
    }
  });

  test('the same commands, clock and seed give the same trace', async () => {
    await fc.assert(sameTrace(), { numRuns: runs(60) });
  });

  test('listeners, loggers and inspectors that throw change nothing', async () => {
    await fc.assert(deafToThrowing(), { numRuns: runs(60) });
  });

  test('nothing that can be looked at holds a secret', async () => {
    await fc.assert(secretsKept(), { numRuns: runs(30) });
  });
});
