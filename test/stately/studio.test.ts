/**
 * Stately Studio reads a pasted chart from its source. Offline, its extractor of the time stands in for it:
 * the same static reading, of XState 4's vocabulary. It does not know `reenter`, `output` and the `params` that
 * are functions, and those alone are not compared; a guard is read by the name it has in `setup`.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { AnyStateMachine } from 'xstate';
import { connectionMachine, daemonMachine, poolEntryMachine, poolMachine } from '../../machines/index.js';
import { chartOf, withDescendants } from '../../src/graph/chart.js';
import { extractStates, type ReadState, transitionText } from './extractedChart.js';

const charts = fileURLToPath(new URL('../../machines', import.meta.url));
const files = readdirSync(charts, { recursive: true, encoding: 'utf8' }).filter((file) =>
  file.endsWith('.machine.ts'),
);
const machines = new Map<string, AnyStateMachine>([
  ['connection.machine.ts', connectionMachine],
  ['daemon.machine.ts', daemonMachine],
  ['entry.machine.ts', poolEntryMachine],
  ['pool.machine.ts', poolMachine],
]);

/** The chart as it runs, in the words in which it is compared. */
function realStates(machine: AnyStateMachine): ReadState[] {
  return withDescendants(chartOf(machine)).map((state) => ({
    path: state.path,
    kind: state.kind,
    description: state.description,
    tags: state.tags,
    initial: state.initial,
    entry: state.entry,
    exit: state.exit,
    invokes: state.invokes,
    transitions: state.transitions
      .map(({ label, index, guard, targets, actions }) =>
        transitionText({ label, index, guard, targets, actions }),
      )
      .sort(),
  }));
}

const sourceOf = (file: string) => readFileSync(join(charts, file), 'utf8');

/** What the extractor says of what it leaves out. */
const said: unknown[][] = [];

beforeEach(() => {
  said.length = 0;
  for (const level of ['error', 'warn', 'log'] as const) {
    vi.spyOn(console, level).mockImplementation((...words) => said.push(words));
  }
});

afterEach(() => {
  vi.restoreAllMocks();
});

test('every chart is compared', () => {
  expect(files.map((file) => basename(file)).sort()).toEqual([...machines.keys()].sort());
});

test.each(files)('%s can be read from its source alone, and is all there', (file) => {
  const machine = machines.get(basename(file));
  if (machine === undefined) throw new Error(`${file} is not known`);
  const extracted = extractStates(sourceOf(file));
  expect(extracted).toEqual(realStates(machine));
  expect(extracted.flatMap(({ transitions }) => transitions).length).toBeGreaterThan(extracted.length / 2);
  // It speaks of what it cannot read where that is a value: parameters that are functions, and nothing else.
  const unread = said.filter(
    ([what, at]) =>
      !/ArrowFunctionExpression in assign/.test(String(what)) || Reflect.get(Object(at), 'key') !== 'params',
  );
  expect(unread).toEqual([]);
});

describe('the comparison finds', () => {
  const chart = sourceOf('connection/connection.machine.ts');
  const real = realStates(connectionMachine);
  const changed = (from: string, to: string) => {
    expect(chart.split(from)).toHaveLength(2);
    return extractStates(chart.replace(from, to));
  };

  test('nothing in the chart as it is', () => {
    expect(extractStates(chart)).toEqual(real);
  });

  test.each([
    ['a transition that is not there', "'session.drained': { target: '#connection.closing' },", ''],
    [
      'a target that is another',
      "'transport.opened': { target: 'handshakeStart' }",
      "'transport.opened': { target: 'healthCheck' }",
    ],
    ['a guard that is not there', "{ guard: 'isAsked', target: 'queued' }", "{ target: 'queued' }"],
    ['a delay of another name', 'after: { backoffDelay: {', 'after: { drainTimeout: {'],
    ['a state without its description', "description: 'Over for good.',", ''],
    [
      'events that are spread from elsewhere',
      "on: { 'transport.opened': { target: 'handshakeStart' } }",
      'on: { ...openings }',
    ],
    ['a state that is imported', 'stable: {\n', 'stable: stableState, other: {\n'],
    ['a state that a call makes', 'stable: {\n', 'stable: makeState({}), other: {\n'],
    ['an action in place', "entry: 'listen',", 'entry: () => {},'],
    [
      'an actor of another name',
      "src: 'restore',\n                    id: 'restore',\n                    input",
      "src: 'probe',\n                    id: 'restore',\n                    input",
    ],
  ])('%s', (_what, from, to) => {
    expect(changed(from, to)).not.toEqual(real);
  });

  test('a definition that only the compiler understands', () => {
    const unread = `${chart.replace(/\n\}\);\n\ntype TimeoutName/, '\n} satisfies object);\n\ntype TimeoutName')}`;
    expect(unread).not.toBe(chart);
    expect(() => extractStates(unread)).toThrow('no definition');
  });
});
