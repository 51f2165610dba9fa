import { describe, expect, test } from 'vitest';
import { type AnyStateMachine, assign, createMachine, fromPromise } from 'xstate';
import {
  coverage,
  describePath,
  describeStateValue,
  type ExploreOptions,
  edgeCoveringPaths,
  explore,
  formatCoverage,
  shortestStoryTo,
  storiesTo,
  toMermaid,
  toSvg,
  toTable,
  transitionsOf,
} from '../../src/graph/index.js';
import { layoutChart } from '../../src/graph/svg/layout.js';
import {
  checkout,
  dashboard,
  folder,
  inline,
  oddlyNamed,
  player,
  trafficLight,
  upload,
} from './fixtures/foreign.js';
import { clashes } from './fixtures/geometry.js';
import { walkForReal } from './fixtures/walk.js';

const none = { none: undefined };
const no = new Error('no');

/** Walks all of a machine; the paths lead a real actor, whose actors never end, through the same states. */
function walk<TMachine extends AnyStateMachine>(machine: TMachine, options: ExploreOptions<TMachine>) {
  const graph = explore(machine, options);
  const paths = edgeCoveringPaths(graph);
  for (const path of paths) {
    const expected = [path.start, ...path.steps].map(({ stateValue }) => stateValue);
    expect(walkForReal(machine, path, options.inputs[path.input]), describePath(path)).toEqual(expected);
  }
  const values = new Set(graph.nodes.map(({ snapshot }) => describeStateValue(snapshot.value)));
  return { graph, values: [...values].sort(), covered: formatCoverage(coverage(machine, paths)) };
}

describe('a machine of somebody else is walked, all of it', () => {
  test('with timers by the number, targets by id and a wildcard', () => {
    const { values, covered } = walk(trafficLight, {
      inputs: none,
      events: { BUTTON: [{ type: 'BUTTON' }], POWER_CUT: [{ type: 'POWER_CUT' }], '*': [] },
      actors: {},
    });
    expect(values).toEqual(['dark', 'green', 'red.all', 'yellow']);
    expect(covered).toContain('states 6/6, transitions 8/8,');
  });

  test('with an input, params that are computed, and an actor that fails', () => {
    const { values, covered } = walk(checkout, {
      inputs: { 'ten to pay': { total: 10 } },
      events: {
        pay: [
          { type: 'pay', amount: 4 },
          { type: 'pay', amount: 10 },
        ],
        refund: [{ type: 'refund' }],
        retry: [{ type: 'retry' }],
      },
      actors: { charge: { outputs: [{ receipt: '1' }], errors: [no] } },
    });
    expect(values).toEqual(['cancelled', 'charging', 'done', 'failed', 'open']);
    expect(covered).toContain('states 5/5, transitions 6/6,');
  });

  test('with regions, history, and an end of all regions', () => {
    const { values, covered } = walk(player, {
      inputs: none,
      events: {
        power: [{ type: 'power' }],
        'power.cold': [{ type: 'power.cold' }],
        'volume.up': [{ type: 'volume.up' }],
        'volume.*': [{ type: 'volume.down' }],
        stop: [{ type: 'stop' }],
      },
      actors: {},
    });
    expect(values).toContain('on(sound.silent, picture.loading)');
    expect(covered).toContain('states 11/11, transitions 9/9,');
  });

  test('that reports to a parent it has not', () => {
    const graph = explore(upload, {
      inputs: { file: { file: 'a.txt' } },
      events: { begin: [{ type: 'begin' }], cancel: [{ type: 'cancel' }], finish: [{ type: 'finish' }] },
      actors: {},
    });
    const covered = formatCoverage(coverage(upload, edgeCoveringPaths(graph)));
    expect(covered).toContain('states 3/3, transitions 3/3,');
  });

  test('that invokes another machine, listens and talks to it', () => {
    const graph = explore(folder, {
      inputs: none,
      events: {
        start: [{ type: 'start' }],
        begin: [{ type: 'begin' }],
        'upload.noticed': [{ type: 'upload.noticed' }],
      },
      actors: { upload: { outputs: [{ size: 1 }], errors: [no], snapshots: [{ status: 'active' }] } },
    });
    const covered = formatCoverage(coverage(folder, edgeCoveringPaths(graph)));
    expect(covered).toContain('states 3/3, transitions 6/6,');
  });

  test('with all that actions can do, and actors of every kind', () => {
    const actor = { outputs: [], errors: [] };
    const { covered } = walk(dashboard, {
      inputs: none,
      events: {
        read: [{ type: 'read' }],
        'reads.many': [],
        leave: [{ type: 'leave' }],
        tick: [{ type: 'tick' }],
      },
      actors: { clock: actor, feed: actor, counter: actor },
    });
    expect(covered).toContain('states 6/6, transitions 6/6,');
  });

  test('with actors that nobody named', () => {
    const { graph, covered } = walk(inline, {
      inputs: none,
      events: { more: [{ type: 'more' }], none: [{ type: 'none' }] },
      actors: {
        '0.inline.loading': { outputs: [1], errors: [no] },
        '(inline)': { outputs: [], errors: [] },
      },
    });
    expect(covered).toContain('states 2/2, transitions 4/4,');
    // An actor in the context is the same one each time, though XState counts up its id.
    expect(graph.nodes).toHaveLength(6);
  });

  test('with names as no diagram has them', () => {
    const { covered } = walk(oddlyNamed, {
      inputs: none,
      events: {
        'GO NOW!': [{ type: 'GO NOW!' }],
        '<x>': [{ type: '<x>' }],
        'Zurück|again': [{ type: 'Zurück|again' }],
        end: [{ type: 'end' }],
        next: [{ type: 'next' }],
      },
      actors: {},
    });
    expect(covered).toContain('states 5/5, transitions 5/5,');
  });
});

describe('is drawn', () => {
  const machines: AnyStateMachine[] = [
    trafficLight,
    checkout,
    player,
    upload,
    folder,
    dashboard,
    inline,
    oddlyNamed,
  ];

  test.each(machines.map((machine) => [machine.id, machine] as const))(
    '%s, without one thing upon another',
    async (_, machine) => {
      expect(clashes(await layoutChart(machine))).toEqual([]);
      expect(await toSvg(machine)).toMatch(/^<svg [\s\S]*<\/svg>\n$/);
    },
  );

  test.each(machines.map((machine) => [machine.id, machine] as const))(
    '%s, as a diagram and a table with all that leads somewhere',
    (_, machine) => {
      const mermaid = toMermaid(machine);
      const lines = mermaid.split('\n').filter((line) => line.includes(' --> ') && line.includes(' : '));
      const pairs = transitionsOf(machine).flatMap(({ source, targets }) =>
        targets.map((target) => `${source} ${target}`),
      );
      expect(lines).toHaveLength(new Set(pairs).size);
      const table = toTable(machine);
      const columns = new Set(
        table
          .split('\n')
          .filter(Boolean)
          .map((line) => line.match(/(?<!\\)\|/g)?.length),
      );
      expect(columns.size).toBe(1);
    },
  );
});

describe('what is missing is named:', () => {
  const go = { go: [{ type: 'go' }] };
  const plain = createMachine({ initial: 'a', states: { a: { on: { go: 'b' } }, b: {} } });
  const odd = (options: unknown) => () => explore(plain, options as ExploreOptions<typeof plain>);

  test.each([
    ['inputs', { events: go, actors: {} }, '`inputs` is missing'],
    [
      'events',
      { inputs: none },
      "`events`: found undefined, expected the cases of each event: { 'go': [{ type: 'go' }] }",
    ],
    ['events by their types', { inputs: none, events: [{ type: 'go' }] }, '`events`: found an array'],
    ['actors', { inputs: none, events: go }, '`actors`: found undefined'],
    ['cases of an event', { inputs: none, events: {}, actors: {} }, "`events` has no cases for 'go'"],
    [
      'a list of cases',
      { inputs: none, events: { go: { type: 'go' } }, actors: {} },
      "'go' has a value of the type object, expected a list",
    ],
    [
      'the type of an event',
      { inputs: none, events: { go: [{}] }, actors: {} },
      "'go' has a case without a type",
    ],
    [
      'the right type',
      { inputs: none, events: { go: () => [{ type: 'gone' }] }, actors: {} },
      '\'go\' has a case of the type "gone"',
    ],
  ])('%s', (_, options, message) => {
    expect(odd(options)).toThrow(message);
  });

  test('the machine', () => {
    const options = { inputs: none, events: go, actors: {} };
    expect(() => explore({} as typeof plain, options)).toThrow('expected an XState v5 machine');
  });

  test('an event for a wildcard', () => {
    const machine = createMachine({ initial: 'a', states: { a: { on: { 'job.*': 'b' } }, b: {} } });
    const walkWith = (type: string) => () =>
      explore(machine, { inputs: none, events: { [type]: [{ type }] }, actors: {} });
    expect(walkWith('work.done')).toThrow("no cases for 'job.*'");
    expect(walkWith('job.done')).not.toThrow();
  });

  test('implementations', () => {
    const machine = createMachine({
      id: 'sketch',
      initial: 'a',
      states: {
        a: {
          invoke: { src: 'load' },
          after: { patience: 'b' },
          on: { go: { guard: 'isReady', target: 'b' } },
        },
        b: {},
      },
    });
    const options = { inputs: none, events: go, actors: { load: { outputs: [], errors: [] } } };
    expect(() => explore(machine, options)).toThrow(
      "'sketch' names what it does not have: the guard 'isReady', the delay 'patience', the actor 'load'; give it with setup({ … }) or machine.provide({ … })",
    );
    const whole = machine.provide({
      guards: { isReady: () => true },
      delays: { patience: 10 },
      actors: { load: fromPromise(async () => 1) },
    });
    expect(explore(whole, options).nodes).toHaveLength(2);
  });

  test('the input that its context reads', () => {
    const machine = createMachine({
      context: ({ input }: { input: { limit: number } }) => ({ limit: input.limit }),
      on: { go: {} },
    });
    const options = { inputs: none, events: go, actors: {} } as unknown as ExploreOptions<typeof machine>;
    expect(() => explore(machine, options)).toThrow(
      /cannot start with the input 'none': Cannot read.*limit.*; 'none' is undefined: does its context need an input\?/,
    );
  });

  test('what a fixture does not bring', () => {
    const machine = createMachine({
      context: { name: '' },
      on: { go: { actions: assign({ name: ({ event }) => event.user.name }) } },
    });
    expect(() => explore(machine, { inputs: none, events: go, actors: {} })).toThrow(
      /'go' in .* throws: Cannot read.*name.*does the fixture bring all that they read\?/,
    );
  });

  test('the part of the context that is never the same', () => {
    const machine = createMachine({
      context: { isOn: false, count: 0 },
      on: {
        go: {
          actions: assign({
            count: ({ context }) => context.count + 1,
            isOn: ({ context }) => !context.isOn,
          }),
        },
      },
    });
    expect(() => explore(machine, { inputs: none, events: go, actors: {}, limit: 100 })).toThrow(
      /raise the limit\. context\.count alone had 100 values/,
    );
  });

  test('an entry for an actor without a name', () => {
    const options = {
      inputs: none,
      events: { more: [{ type: 'more' }], none: [{ type: 'none' }] },
      actors: {},
    };
    expect(() => explore(inline, options)).toThrow(/the actor '\(inline\)' .* or name it in setup/);
  });
});

describe('stories', () => {
  const graph = explore(checkout, {
    inputs: { 'ten to pay': { total: 10 } },
    events: {
      pay: [
        { type: 'pay', amount: 4 },
        { type: 'pay', amount: 10 },
      ],
      refund: [{ type: 'refund' }],
      retry: [{ type: 'retry' }],
    },
    actors: { charge: { outputs: [{ receipt: '1' }], errors: [no] } },
  });

  test('tell every way into a state, the shortest first', () => {
    const light = explore(trafficLight, {
      inputs: none,
      events: { BUTTON: [{ type: 'BUTTON' }], POWER_CUT: [{ type: 'POWER_CUT' }] },
      actors: {},
    });
    const told = storiesTo(light, 'dark').map(({ transitions, path }) => [transitions, path.steps.length]);
    expect(told).toEqual([
      [['green: POWER_CUT #0 -> dark'], 1],
      [['red: done state red #1 -> dark'], 6],
    ]);
  });

  test('begin where the machine begins', () => {
    const told = storiesTo(graph, 'open');
    expect(told.map(({ transitions, path }) => [transitions, path.steps.length])).toEqual([[[], 0]]);
  });

  test('are none where no test holds, and an error where there is no such state', () => {
    expect(storiesTo(graph, () => false)).toEqual([]);
    expect(shortestStoryTo(graph, () => false)).toBeUndefined();
    for (const ask of [storiesTo<typeof checkout>, shortestStoryTo<typeof checkout>]) {
      expect(() => ask(graph, 'faild')).toThrow(
        "'checkout' has no state 'faild'; it has open, charging, failed, done, cancelled",
      );
    }
  });
});
