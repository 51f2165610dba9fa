import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { InspectionEvent } from 'xstate';
import { describePath, edgeCoveringPaths } from '../../src/graph/index.js';
import { proceed, rigOptions, story } from '../../src/testing/arbitraries.js';
import type { Command } from '../../src/testing/commands.js';
import type { RigOptions } from '../../src/testing/connectionRig.js';
import { type Ending, tell, Watch } from '../../src/testing/invariants/watch.js';
import { pathCommands } from '../../src/testing/pathCommands.js';
import { visibleText } from '../../src/testing/visible.js';
import { CONFIGS, exploreConnection, type InputName } from '../walk/fixtures.js';
import { patience, runs } from './budget.js';

const ending = fc.constantFrom<Ending>('clean', 'never closing', 'stopped');

const graph = exploreConnection('late', 'at the start', ['normal', 'no health checks']);
const paths = edgeCoveringPaths(graph, { cover: 'edges' });

/** A rig set up as the graph's machine was. */
function rigFor(input: string): RigOptions {
  return { config: { ...CONFIGS[input as InputName], requiredCapabilities: ['tools'] }, isGated: true };
}

type Case = [story: Command[], options: RigOptions, ending: Ending];

/** Stories that once did not hold, by what was wrong. */
const PINNED: { [bug: string]: Case } = {
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
    await fc.assert(
      fc.asyncProperty(story(), rigOptions, ending, async (commands, options, end) => {
        await tell(commands, options, end);
      }),
      { numRuns: runs(400), examples: Object.values(PINNED) },
    );
  });

  test('it also holds from anywhere in the chart', async () => {
    // No path is simpler than another for being earlier in the list. What a story shows when it fails
    // must be short: a path itself holds every snapshot on the way.
    const anywhere = fc.noShrink(fc.nat()).map((index) => {
      const path = paths[index % paths.length] ?? expect.fail('no path');
      return { input: path.input, way: pathCommands(path) };
    });
    await fc.assert(
      fc.asyncProperty(anywhere, story({ maxLength: 8 }), ending, async ({ input, way }, commands, end) => {
        await tell([...way, ...commands], rigFor(input), end);
      }),
      { numRuns: runs(300) },
    );
  });

  test('the ways into the chart lead where the graph says', async () => {
    for (const path of edgeCoveringPaths(graph, { cover: 'transitions' })) {
      const watch = new Watch(rigFor(path.input));
      await watch.run(pathCommands(path));
      expect(watch.snapshot.value, describePath(path)).toEqual(path.steps.at(-1)?.stateValue);
    }
  });

  test('the same commands, clock and seed give the same trace', async () => {
    await fc.assert(
      fc.asyncProperty(story(), rigOptions, async (commands, options) => {
        const [once, again] = [await tell(commands, options), await tell(commands, options)];
        expect(again.rig.trace).toEqual(once.rig.trace);
      }),
      { numRuns: runs(60) },
    );
  });

  test('listeners, loggers and inspectors that throw change nothing', async () => {
    await fc.assert(
      fc.asyncProperty(story(), rigOptions, async (commands, options) => {
        const calm = await tell(commands, options);
        const hostile = await tell(commands, { ...options, isHostile: true });
        expect(hostile.rig.trace).toEqual(calm.rig.trace);
      }),
      { numRuns: runs(60) },
    );
  });

  test('nothing that can be looked at holds a secret', async () => {
    const secret = 'sentinel-7f3a';
    await fc.assert(
      fc.asyncProperty(story(), rigOptions, async (commands, options) => {
        const seen: string[] = [];
        const inspect = (event: InspectionEvent) => seen.push(visibleText(event));
        const { rig } = await tell(commands, { ...options, secret, inspect });
        const { actor, monitor, state, stats } = rig.manager;
        const things = [actor.getPersistedSnapshot(), monitor.history, state, stats, rig.trace, rig.logged];
        seen.push(...things.map((thing) => JSON.stringify(thing)));
        expect(seen.filter((text) => text.includes(secret))).toEqual([]);
      }),
      { numRuns: runs(30) },
    );
  });
});
