import { getShortestPaths } from '@xstate/graph';
import { describe, expect, test } from 'vitest';
import { createMachine } from 'xstate';
import {
  describePath,
  describeStateValue,
  edgeCoveringPaths,
  explore,
  shortestStoryTo,
} from '../../src/graph/index.js';
import { jobInputs } from './fixtures/jobMachine.js';
import { jobGraph, quietJobMachine, walkForReal } from './fixtures/walk.js';

/** A path's events as text, so that one that begins another begins its text. */
function eventsOf(path: ReturnType<typeof edgeCoveringPaths>[number]): string {
  return [path.input, ...path.steps.map(({ event }) => JSON.stringify(event))].join('\n');
}

const lamp = createMachine({
  id: 'lamp',
  initial: 'off',
  states: { off: { on: { press: 'on' } }, on: { on: { press: 'off', smash: 'broken' } }, broken: {} },
});
const lampGraph = explore(lamp, {
  inputs: { none: undefined },
  events: { press: [{ type: 'press' }], smash: [{ type: 'smash' }] },
  actors: {},
});

describe('paths that cover edges', () => {
  test('take every edge that takes a transition', () => {
    const taken = new Set(
      edgeCoveringPaths(jobGraph).flatMap(({ input, start, steps }) =>
        steps.map(({ event, snapshot }, index) => {
          const before = (steps[index - 1] ?? start).snapshot;
          return [input, JSON.stringify(before), JSON.stringify(event), JSON.stringify(snapshot)].join();
        }),
      ),
    );
    const edges = jobGraph.edges.filter(({ microsteps }) =>
      microsteps.some(({ transitions }) => transitions.length > 0),
    );
    expect(edges.length).toBeGreaterThan(100);
    for (const { source, event, snapshot } of edges) {
      const edge = [
        source.input,
        JSON.stringify(source.snapshot),
        JSON.stringify(event),
        JSON.stringify(snapshot),
      ];
      expect(taken).toContain(edge.join());
    }
  });

  test('leave out what begins a longer one', () => {
    const texts = edgeCoveringPaths(jobGraph).map(eventsOf).sort();
    texts.forEach((text, index) => {
      expect(texts[index + 1]?.startsWith(`${text}\n`) ?? false).toBe(false);
    });
    expect(new Set(texts).size).toBe(texts.length);
  });

  test('are as short as can be, one event beyond a shortest way', () => {
    expect(edgeCoveringPaths(lampGraph).map(eventsOf)).toEqual([
      'none\n{"type":"press"}\n{"type":"press"}',
      'none\n{"type":"press"}\n{"type":"smash"}',
    ]);
  });

  test('can take the edges of ignored events too', () => {
    expect(edgeCoveringPaths(lampGraph, { cover: 'all' }).map(eventsOf)).toEqual([
      'none\n{"type":"smash"}',
      'none\n{"type":"press"}\n{"type":"press"}',
      'none\n{"type":"press"}\n{"type":"smash"}\n{"type":"press"}',
      'none\n{"type":"press"}\n{"type":"smash"}\n{"type":"smash"}',
    ]);
  });

  test('are fewer where each transition is to be walked only once', () => {
    const walkedBy = (paths: ReturnType<typeof edgeCoveringPaths>) =>
      new Set(
        paths.flatMap(({ steps }) =>
          steps.flatMap(({ microsteps }) => microsteps.flatMap((m) => m.transitions)),
        ),
      );
    const all = edgeCoveringPaths(jobGraph);
    const few = edgeCoveringPaths(jobGraph, { cover: 'transitions' });
    expect(few.length).toBeLessThan(all.length / 4);
    expect(walkedBy(few)).toEqual(walkedBy(all));
  });

  test('are no more than the limit', () => {
    expect(() => edgeCoveringPaths(jobGraph, { limit: 10 })).toThrow(/paths are more than the limit of 10/);
  });

  test('are refused where there is nothing to cover', () => {
    const machine = createMachine({ id: 'still', initial: 'a', states: { a: {} } });
    const still = explore(machine, {
      inputs: { none: undefined },
      events: { go: [{ type: 'go' }] },
      actors: {},
    });
    expect(() => edgeCoveringPaths(still)).toThrow("'still' has no edge to cover");
  });

  test('lead a real actor through the same states', () => {
    for (const path of edgeCoveringPaths(jobGraph)) {
      const input = path.input === 'patient' ? jobInputs.patient : jobInputs.impatient;
      const expected = [path.start, ...path.steps].map(({ stateValue }) => stateValue);
      expect(walkForReal(quietJobMachine, path, input)).toEqual(expected);
    }
  });
});

describe('a shortest story', () => {
  test('leads to a state', () => {
    const story = shortestStoryTo(jobGraph, 'over');
    expect(story && describePath(story)).toBe(
      ['idle (input: patient)', 'job.start → running(task.working, display.shown)', 'job.stop → over'].join(
        '\n',
      ),
    );
  });

  test('leads to what a test says, and tells what events carry', () => {
    const story = shortestStoryTo(jobGraph, (snapshot) => snapshot.context.size === 2);
    expect(story && describePath(story)).toBe(
      [
        'idle (input: patient)',
        'job.start → running(task.working, display.shown)',
        'done work 2 → over',
      ].join('\n'),
    );
  });

  test('is no longer than the way there by the library itself', () => {
    const ways = getShortestPaths(lamp, { events: [{ type: 'press' }, { type: 'smash' }] });
    for (const { state, weight } of ways) {
      const story = shortestStoryTo(lampGraph, describeStateValue(state.value));
      expect(story?.steps.length).toBe(weight);
    }
  });

  test('may not exist', () => {
    expect(shortestStoryTo(jobGraph, ({ context }) => context.size > 2)).toBeUndefined();
  });
});
