/** What upstream does and we rely on, or guard against: an upgrade that changes it says so here. */
import { readFileSync } from 'node:fs';
import * as packaged from '@xstate/graph';
import { describe, expect, test } from 'vitest';
import {
  createActor,
  createMachine,
  type InspectionEvent,
  initialTransition,
  setup,
  transition,
} from 'xstate';
import * as builtIn from 'xstate/graph';
import { explore } from '../../src/graph/index.js';
import { jobInputs, jobMachine } from './fixtures/jobMachine.js';

const light = createMachine({
  id: 'light',
  initial: 'red',
  states: {
    red: { after: { 100: 'green' }, on: { press: 'green', smash: 'broken' } },
    green: { on: { press: 'red' } },
    broken: {},
  },
});
const press = { type: 'press' };
const smash = { type: 'smash' };

type Path = ReturnType<typeof packaged.getShortestPaths>[number];

function summary(paths: readonly Path[]) {
  return paths.map(({ weight, steps }) => ({
    weight,
    steps: steps.map(({ event, state }) => [event.type, JSON.stringify(state.value)]),
  }));
}

describe('the graph library', () => {
  test('gives the same shortest paths under both of its names', () => {
    expect(summary(packaged.getShortestPaths(light))).toEqual(summary(builtIn.getShortestPaths(light)));
    const options = {
      input: jobInputs.impatient,
      events: [
        { type: 'job.start' },
        { type: 'job.stop' },
        { type: 'job.pause' },
        { type: 'job.resume' },
      ] as const,
      limit: 5_000,
    };
    const paths = summary(packaged.getShortestPaths(jobMachine, options));
    expect(paths.length).toBeGreaterThan(3);
    expect(paths).toEqual(summary(builtIn.getShortestPaths(jobMachine, options)));
  });

  test('finds timers only where no list of events is given: a list takes their place', () => {
    const eventsFrom = (options: object) =>
      packaged.adjacencyMapToArray(packaged.getAdjacencyMap(light, options)).map(({ event }) => event.type);
    expect(eventsFrom({})).toContain('xstate.after.100.light.red');
    expect(eventsFrom({ events: [press, smash] })).not.toContain('xstate.after.100.light.red');
  });

  test('ignores filterEvents', () => {
    const filtered = { events: [press, smash], filterEvents: () => false };
    const all = { events: [press, smash] };
    expect(summary(packaged.getShortestPaths(light, filtered))).toEqual(
      summary(packaged.getShortestPaths(light, all)),
    );
  });

  test('walks on from the error that a missing input is, without a word', () => {
    const needy = createMachine({
      context: ({ input }: { input: { limit: number } }) => ({ limit: input.limit }),
      initial: 'a',
      states: { a: { on: { go: 'b' } }, b: {} },
    });
    const adjacency = packaged.getAdjacencyMap(needy, { events: [{ type: 'go' }] });
    expect(new Set(Object.values(adjacency).map(({ state }) => state.status))).toEqual(new Set(['error']));
  });

  test('refuses machines with timers or actors in createTestModel', () => {
    expect(() => packaged.createTestModel(light)).toThrow(/after/i);
    expect(() => packaged.createTestModel(jobMachine)).toThrow();
  });

  test('does not export what removes duplicate paths', () => {
    expect(Object.keys(packaged)).not.toContain('deduplicatePaths');
  });

  test('is imported in one file of ours', () => {
    expect(readFileSync(new URL('../../src/graph/xstateGraph.ts', import.meta.url), 'utf8')).toContain(
      "from '@xstate/graph'",
    );
  });
});

describe('XState', () => {
  test('reports the transitions of each microstep, preempted ones included', () => {
    const machine = createMachine({
      initial: 'both',
      states: {
        both: {
          type: 'parallel',
          states: { left: { on: { leave: '#out' } }, right: { on: { leave: '#out' } } },
        },
        out: { id: 'out' },
      },
    });
    const reported: string[][] = [];
    const inspect = (event: InspectionEvent) => {
      if (event.type === '@xstate.microstep')
        reported.push(event._transitions.map(({ source }) => source.key));
    };
    createActor(machine, { inspect }).start().send({ type: 'leave' });
    expect(reported).toEqual([['left', 'right']]);
  });

  test('hands its bookkeeping to the surroundings as actions: timers and actors', () => {
    const [, atStart] = initialTransition(light);
    expect(atStart.map(({ type }) => type)).toEqual(['xstate.raise']);
    expect(atStart[0]?.params).toMatchObject({ id: 'xstate.after.100.light.red', delay: 100 });
    const [red] = initialTransition(light);
    const [, atEnd] = transition(light, red, smash);
    expect(atEnd).toMatchObject([
      { type: 'xstate.cancel', params: { sendId: 'xstate.after.100.light.red' } },
    ]);
    const [idle] = initialTransition(jobMachine, jobInputs.patient);
    const [running, spawned] = transition(jobMachine, idle, { type: 'job.start' });
    expect(spawned).toContainEqual(
      expect.objectContaining({
        type: 'xstate.spawnChild',
        params: expect.objectContaining({ id: 'worker' }),
      }),
    );
    const [, stopped] = transition(jobMachine, running, { type: 'job.stop' });
    expect(stopped).toContainEqual(
      expect.objectContaining({
        type: 'xstate.stopChild',
        params: expect.objectContaining({ id: 'worker' }),
      }),
    );
  });

  test('never fires a guarded timer again whose guard was closed', () => {
    const waiting: (() => void)[] = [];
    const clock = { setTimeout: (fire: () => void) => waiting.push(fire), clearTimeout: () => {} };
    const machine = setup({
      types: { context: {} as { isOpen: boolean } },
      guards: { isOpen: ({ context }) => context.isOpen },
    }).createMachine({
      context: { isOpen: false },
      initial: 'a',
      states: { a: { after: { 10: { guard: 'isOpen', target: 'b' } } }, b: {} },
    });
    const actor = createActor(machine, { clock }).start();
    expect(waiting).toHaveLength(1);
    waiting[0]?.();
    expect(actor.getSnapshot().value).toBe('a');
    expect(waiting).toHaveLength(1);
    actor.stop();
  });
});

test('our walk agrees with the library on what can be reached', () => {
  const adjacency = packaged.getAdjacencyMap(light, {
    events: (state) => [
      press,
      smash,
      ...(state.value === 'red' ? [{ type: 'xstate.after.100.light.red' }] : []),
    ],
  });
  const ours = explore(light, {
    inputs: { none: undefined },
    events: { press: [press], smash: [smash] },
    actors: {},
  });
  expect(ours.nodes.map(({ snapshot }) => snapshot.value)).toEqual(
    Object.values(adjacency).map(({ state }) => state.value),
  );
});
