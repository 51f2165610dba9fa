import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { InspectionEvent } from 'xstate';
import { describePath, edgeCoveringPaths } from '../../src/graph/index.js';
import { rigOptions, story } from '../../src/testing/arbitraries.js';
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

describe('whatever happens, in whatever order', { timeout: patience }, () => {
  test('everything holds that always holds', async () => {
    await fc.assert(
      fc.asyncProperty(story(), rigOptions, ending, async (commands, options, end) => {
        await tell(commands, options, end);
      }),
      { numRuns: runs(400) },
    );
  });

  test('it also holds from anywhere in the chart', async () => {
    const anywhere = fc.nat().map((index) => paths[index % paths.length] ?? expect.fail('no path'));
    await fc.assert(
      fc.asyncProperty(anywhere, story({ maxLength: 8 }), ending, async (path, commands, end) => {
        await tell([...pathCommands(path), ...commands], rigFor(path.input), end);
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
