import { describe, expect, test } from 'vitest';
import { assign, cancel, createMachine, fromPromise, raise, setup } from 'xstate';
import { describeStateValue, type EventFixtures, explore, type StateGraph } from '../../src/graph/index.js';
import { jobActors, jobEssence, jobEvents, jobMachine } from './fixtures/jobMachine.js';
import { jobGraph } from './fixtures/walk.js';

function statesOf(graph: Pick<StateGraph<typeof jobMachine>, 'nodes'>): string[] {
  return [...new Set(graph.nodes.map(({ snapshot }) => describeStateValue(snapshot.value)))].sort();
}

/** Where each event leads from the node in this state. */
function outcomes(graph: StateGraph<ReturnType<typeof createMachine>>, state: string): string[] {
  return graph.edges
    .filter(({ source }) => describeStateValue(source.snapshot.value) === state)
    .map(({ event, target }) => `${event.type} → ${describeStateValue(target.snapshot.value)}`);
}

describe('exploring a machine', () => {
  test('finds every state it can reach, and no other', () => {
    expect(statesOf(jobGraph)).toEqual([
      'idle',
      'over',
      'paused',
      'running(task.finished, display.hidden)',
      'running(task.finished, display.shown)',
      'running(task.waiting, display.hidden)',
      'running(task.waiting, display.shown)',
      'running(task.working, display.hidden)',
      'running(task.working, display.shown)',
    ]);
  });

  test('walks each input by itself', () => {
    const { starts, nodes, edges } = jobGraph;
    expect(starts.map(({ input }) => input)).toEqual(['patient', 'impatient']);
    expect(new Set(nodes.map(({ key }) => key)).size).toBe(nodes.length);
    for (const { source, target } of edges) expect(source.input).toBe(target.input);
  });

  test('is the same each time', () => {
    const summary = ({ edges }: typeof jobGraph) =>
      edges.map(({ source, event, target }) => [source.key, event, target.key]);
    const again = explore(jobMachine, jobGraph.options);
    expect(summary(again)).toEqual(summary(jobGraph));
  });

  test('runs neither actions nor actors', () => {
    const ran: string[] = [];
    const machine = jobMachine.provide({
      actions: {
        greet: () => ran.push('greet'),
        draw: () => ran.push('draw'),
        notice: () => ran.push('notice'),
      },
      actors: {
        work: fromPromise<number, { tries: number }>(async () => {
          ran.push('work');
          return 1;
        }),
      },
    });
    explore(machine, {
      inputs: { one: { limit: 1, isImpatient: true } },
      events: jobEvents,
      actors: jobActors,
      serialize: jobEssence,
    });
    expect(ran).toEqual([]);
  });

  test('makes cases for the snapshot at hand', () => {
    const events: EventFixtures<typeof jobMachine> = {
      ...jobEvents,
      'job.start': (snapshot) => (snapshot.matches('idle') ? [{ type: 'job.start' }] : []),
    };
    const graph = explore(jobMachine, {
      inputs: { one: { limit: 1, isImpatient: true } },
      events,
      actors: jobActors,
      serialize: jobEssence,
    });
    const starts = graph.edges.filter(({ event }) => event.type === 'job.start');
    expect(starts.length).toBeGreaterThan(0);
    expect(starts.every(({ source }) => source.snapshot.matches('idle'))).toBe(true);
  });
});

describe('what can happen next', () => {
  test('a timer that found its guard closed does not fire again', () => {
    const isTimer = ({ event }: (typeof jobGraph.edges)[number]) =>
      event.type.startsWith('xstate.after.patience');
    const swallowed = jobGraph.edges.filter(
      (edge) => isTimer(edge) && edge.microsteps.every(({ transitions }) => transitions.length === 0),
    );
    expect(swallowed.length).toBeGreaterThan(0);
    for (const { target } of swallowed) {
      expect(jobGraph.edges.filter((edge) => edge.source === target && isTimer(edge))).toEqual([]);
    }
  });

  test('a timer that fires without leaving its state does not fire again', () => {
    const machine = setup({ types: { context: {} as { fired: number } } }).createMachine({
      context: { fired: 0 },
      initial: 'a',
      states: { a: { after: { 10: { actions: assign({ fired: ({ context }) => context.fired + 1 }) } } } },
    });
    const graph = explore(machine, { inputs: { none: undefined }, events: {}, actors: {} });
    expect(graph.nodes.map(({ snapshot }) => snapshot.context.fired)).toEqual([0, 1]);
  });

  test('a delayed event that was cancelled does not come', () => {
    const machine = createMachine({
      initial: 'a',
      states: {
        a: {
          entry: raise({ type: 'ring' }, { id: 'bell', delay: 10 }),
          on: { ring: 'b', hush: { actions: cancel('bell') } },
        },
        b: {},
      },
    });
    const events = { ring: [], hush: [{ type: 'hush' }] };
    const graph = explore(machine, {
      inputs: { none: undefined },
      events,
      actors: {},
      serialize: () => null,
    });
    expect(outcomes(graph, 'a')).toEqual(['hush → a', 'ring → b', 'hush → a']);
  });

  test('an actor that ended does not end again, until it is invoked anew', () => {
    const machine = setup({ actors: { work: fromPromise(async () => 1) } }).createMachine({
      initial: 'a',
      states: {
        a: {
          invoke: { src: 'work', id: 'work', onDone: { actions: () => {} } },
          on: { again: { target: 'a', reenter: true } },
        },
      },
    });
    const graph = explore(machine, {
      inputs: { none: undefined },
      events: { again: [{ type: 'again' }] },
      actors: { work: { outputs: [1], errors: [] } },
    });
    expect(graph.nodes.map(({ situation }) => [...situation.ended])).toEqual([[], ['work']]);
    expect(
      graph.edges.map(({ event, source, target }) => [
        graph.nodes.indexOf(source),
        event.type,
        graph.nodes.indexOf(target),
      ]),
    ).toEqual([
      [0, 'again', 0],
      [0, 'xstate.done.actor.work', 1],
      [1, 'again', 0],
    ]);
  });

  test('an old memory of a history state is told apart only where it can matter', () => {
    const withHistory = (way: 'inside' | 'outside') =>
      createMachine({
        initial: 'work',
        states: {
          work: {
            initial: 'first',
            on: { stop: 'rest', ...(way === 'inside' ? { resume: { target: '.last', reenter: true } } : {}) },
            states: { first: { on: { next: 'second' } }, second: {}, last: { type: 'history' } },
          },
          rest: { on: way === 'outside' ? { resume: 'work.last' } : { again: 'work' } },
        },
      });
    const events = {
      next: [{ type: 'next' }],
      stop: [{ type: 'stop' }],
      resume: [{ type: 'resume' }],
      again: [{ type: 'again' }],
    };
    const count = (way: 'inside' | 'outside') =>
      explore(withHistory(way), { inputs: { none: undefined }, events, actors: {} }).nodes.filter(
        ({ snapshot }) => snapshot.value === 'rest',
      ).length;
    expect(count('outside')).toBe(2);
    expect(count('inside')).toBe(1);
  });
});

describe('exploring refuses', () => {
  const options = {
    inputs: { one: { limit: 1, isImpatient: true } },
    events: jobEvents,
    actors: jobActors,
    serialize: jobEssence,
  };

  test('no input at all', () => {
    expect(() => explore(jobMachine, { ...options, inputs: {} })).toThrow('`inputs` is empty');
  });

  test('a missing input, instead of a graph of one state', () => {
    const machine = createMachine({
      context: ({ input }: { input: { limit: number } }) => ({ limit: input.limit }),
      initial: 'a',
      states: { a: { on: { go: 'a' } } },
    });
    // @ts-expect-error: the machine has an input
    const inputs: { none: { limit: number } } = { none: undefined };
    expect(() => explore(machine, { inputs, events: { go: [{ type: 'go' }] }, actors: {} })).toThrow(
      "cannot start with the input 'none'",
    );
  });

  test('a graph without edges', () => {
    const machine = createMachine({ id: 'still', initial: 'a', states: { a: {} } });
    expect(() => explore(machine, { inputs: { none: undefined }, events: {}, actors: {} })).toThrow(
      "'still' has nothing to do with the input 'none'",
    );
  });

  test('more states than the limit, with a hint', () => {
    const machine = createMachine({
      context: { count: 0 },
      on: { more: { actions: assign({ count: ({ context }) => context.count + 1 }) } },
    });
    const run = () =>
      explore(machine, {
        inputs: { none: undefined },
        events: { more: [{ type: 'more' }] },
        actors: {},
        limit: 50,
      });
    expect(run).toThrow("more than 50 states with the input 'none': serialize less, or raise the limit");
  });

  test('an error of an actor that nothing handles', () => {
    const machine = setup({ actors: { work: fromPromise(async () => 1) } }).createMachine({
      initial: 'a',
      states: { a: { invoke: { src: 'work', id: 'work' } } },
    });
    const actors = { work: { outputs: [], errors: [new Error('no')] } };
    expect(() => explore(machine, { inputs: { none: undefined }, events: {}, actors })).toThrow(
      "'xstate.error.actor.work' is handled nowhere in a: it would end the machine",
    );
  });

  test('a guard that throws, with the event and the state', () => {
    const machine = jobMachine.provide({
      guards: {
        isImpatient: () => {
          throw new Error('cannot say');
        },
      },
    });
    expect(() => explore(machine, options)).toThrow(/'xstate.after.patience.*' in running.* throws/);
  });

  test('cases that cannot be told apart', () => {
    const events: EventFixtures<typeof jobMachine> = {
      ...jobEvents,
      'job.start': [{ type: 'job.start' }, { type: 'job.start' }],
    };
    expect(() => explore(jobMachine, { ...options, events })).toThrow("two cases of 'job.start'");
  });

  test('errors are told apart by what they say', () => {
    const actors = { work: { outputs: [], errors: [new Error('a'), new Error('b')] } };
    const graph = explore(jobMachine, { ...options, actors });
    expect(graph.edges.some(({ event }) => event.type === 'xstate.error.actor.worker')).toBe(true);
    const twins = { work: { outputs: [], errors: [new Error('a'), new Error('a')] } };
    expect(() => explore(jobMachine, { ...options, actors: twins })).toThrow('cannot be told apart');
  });

  test('a running actor that nobody said anything of', () => {
    // @ts-expect-error: the actor `work` has no entry
    const actors: typeof jobActors = {};
    expect(() => explore(jobMachine, { ...options, actors })).toThrow(
      "the actor 'work' is running and has no entry",
    );
  });
});

type Events = EventFixtures<typeof jobMachine>;

test('a fixture for every event is asked for by the compiler', () => {
  const { 'work.grew': _, ...rest } = jobEvents;
  // @ts-expect-error: `work.grew` is missing
  const missing: Events = rest;
  // @ts-expect-error: an event of another type
  const other: Events['job.start'] = [{ type: 'job.stop' }];
  // @ts-expect-error: its colour is missing
  const partial: Events['display.draw'] = [{ type: 'display.draw' }];
  // @ts-expect-error: a work returns a number
  const output: (typeof jobActors)['work']['outputs'] = ['one'];
  expect([missing, other, partial, output]).toHaveLength(4);
});
