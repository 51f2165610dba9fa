/** What always holds of a connection, as properties: the tests look briefly, the soak for as long as it is told. */
import { deepStrictEqual } from 'node:assert';
import fc from 'fast-check';
import type { InspectionEvent } from 'xstate';
import { edgeCoveringPaths } from '../../src/graph/index.js';
import { rigOptions, story } from '../rigs/arbitraries.js';
import type { Command } from '../rigs/commands.js';
import type { RigOptions } from '../rigs/connectionRig.js';
import { type Ending, tell } from '../rigs/invariants/watch.js';
import { pathCommands } from '../rigs/pathCommands.js';
import { visibleText } from '../rigs/visible.js';
import { CONFIGS, exploreConnection, type InputName } from '../walk/fixtures.js';

/** Told how many steps were taken, when a story has come to its end. */
export type Count = (steps: number) => void;

export type Case = [story: Command[], options: RigOptions, ending: Ending];

const ending = fc.constantFrom<Ending>('clean', 'never closing', 'stopped');

let explored: ReturnType<typeof exploreConnection> | null = null;

/** The reachable snapshots that the stories from anywhere begin in. Exploring them takes a moment. */
export function exploredGraph(): ReturnType<typeof exploreConnection> {
  explored ??= exploreConnection('late', 'at the start', ['normal', 'no health checks']);
  return explored;
}

/** A rig set up as the graph's machine was. */
export function rigFor(input: string): RigOptions {
  return { config: { ...CONFIGS[input as InputName], requiredCapabilities: ['tools'] }, isGated: true };
}

/** Everything holds that always holds. */
export function always(count: Count = () => {}): fc.IAsyncProperty<Case> {
  return fc.asyncProperty(story(), rigOptions, ending, async (commands, options, end) => {
    const watch = await tell(commands, options, end);
    count(watch.steps);
  });
}

/** It also holds from anywhere in the chart. */
export function fromAnywhere(count: Count = () => {}) {
  const paths = edgeCoveringPaths(exploredGraph(), { cover: 'edges' });
  // No path is simpler than another for being earlier in the list. What a story shows when it fails
  // must be short: a path itself holds every snapshot on the way.
  const anywhere = fc.noShrink(fc.nat()).map((index) => {
    const path = paths[index % paths.length];
    if (path === undefined) throw new Error('no path');
    return { input: path.input, way: pathCommands(path) };
  });
  return fc.asyncProperty(
    anywhere,
    story({ maxLength: 8 }),
    ending,
    async ({ input, way }, commands, end) => {
      const watch = await tell([...way, ...commands], rigFor(input), end);
      count(watch.steps);
    },
  );
}

/** The same commands, clock and seed give the same trace. */
export function sameTrace(count: Count = () => {}) {
  return fc.asyncProperty(story(), rigOptions, async (commands, options) => {
    const [once, again] = [await tell(commands, options), await tell(commands, options)];
    deepStrictEqual(again.rig.trace, once.rig.trace);
    count(once.steps + again.steps);
  });
}

/** Listeners, loggers and inspectors that throw change nothing. */
export function deafToThrowing(count: Count = () => {}) {
  return fc.asyncProperty(story(), rigOptions, async (commands, options) => {
    const calm = await tell(commands, options);
    const hostile = await tell(commands, { ...options, isHostile: true });
    deepStrictEqual(hostile.rig.trace, calm.rig.trace);
    count(calm.steps + hostile.steps);
  });
}

/** Nothing that can be looked at holds a secret. */
export function secretsKept(count: Count = () => {}) {
  const secret = 'sentinel-7f3a';
  return fc.asyncProperty(story(), rigOptions, async (commands, options) => {
    const seen: string[] = [];
    const inspect = (event: InspectionEvent) => seen.push(visibleText(event));
    const { rig, steps } = await tell(commands, { ...options, secret, inspect });
    const { actor, monitor, state, stats } = rig.manager;
    const things = [actor.getPersistedSnapshot(), monitor.history, state, stats, rig.trace, rig.logged];
    seen.push(...things.map((thing) => JSON.stringify(thing)));
    deepStrictEqual(
      seen.filter((text) => text.includes(secret)),
      [],
    );
    count(steps);
  });
}
