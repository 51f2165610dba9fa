import { describe, expect, test } from 'vitest';
import { createMachine } from 'xstate';
import { type EventFixtures, explore, type IgnoredPair, totality } from '../../src/graph/index.js';
import { jobEvents, jobMachine } from './fixtures/jobMachine.js';
import { jobGraph } from './fixtures/walk.js';

const snapshots = jobGraph.nodes.map(({ snapshot }) => snapshot);
const commands: EventFixtures<typeof jobMachine> = {
  ...jobEvents,
  'display.toggle': [],
  'display.draw': [],
};

type Ignored = IgnoredPair<{ tries: number }>;

const ignored: Ignored[] = [
  { state: 'idle', event: 'job.pause', reason: 'nothing runs' },
  { state: 'idle', event: 'job.resume', reason: 'nothing is paused' },
  { state: 'running', event: 'job.start', reason: 'runs already' },
  { state: 'running', event: 'job.resume', reason: 'runs already' },
  { state: 'paused', event: 'job.pause', reason: 'already so' },
  { state: 'paused', event: 'job.stop', reason: 'only once it runs' },
  { state: 'over', event: 'job.*', reason: 'over' },
];

function check(list: readonly Ignored[]) {
  const report = totality(jobMachine, snapshots, commands, list);
  return {
    undecided: report.undecided.map(({ state, event }) => `${state}: ${event.type}`),
    unused: report.unused,
    contradicted: report.contradicted.map(({ state, event }) => `${state}: ${event.type}`),
  };
}

describe('every pair of state and event', () => {
  test('is decided: taken, refused on purpose, or ignored on purpose', () => {
    expect(check(ignored)).toEqual({
      undecided: [],
      unused: [],
      // A wildcard answers what is said to be ignored.
      contradicted: expect.arrayContaining(['running(task.working, display.hidden): job.start']),
    });
  });

  test('is named where nothing decides it', () => {
    expect(check(ignored.filter(({ state }) => state !== 'paused')).undecided).toEqual([
      'paused: job.pause',
      'paused: job.stop',
    ]);
  });

  test('is looked at in every snapshot: a condition covers only where it holds', () => {
    const never = { holds: () => false, condition: 'never' };
    const list = ignored.map((pair) => (pair.state === 'idle' ? { ...pair, when: never } : pair));
    const report = check(list);
    expect(report.undecided).toEqual(['idle: job.pause', 'idle: job.resume']);
    expect(report.unused).toEqual(list.slice(0, 2));
    const when = { holds: ({ tries }: { tries: number }) => tries === 0, condition: 'no tries' };
    const atFirst = ignored.map((pair) => (pair.state === 'over' ? { ...pair, when } : pair));
    expect(check(atFirst).undecided).toContain('over: job.start');
  });

  test('is not covered by an entry for another state', () => {
    expect(check([...ignored, { state: 'nowhere', event: '*', reason: 'no such state' }]).unused).toEqual([
      { state: 'nowhere', event: '*', reason: 'no such state' },
    ]);
  });

  test('is taken by no state once the machine has ended, whatever its root would answer', () => {
    const machine = createMachine({
      initial: 'a',
      on: { ping: { actions: 'answer' } },
      states: { a: { on: { end: 'b' } }, b: { type: 'final' } },
    });
    const events = { ping: [{ type: 'ping' }], end: [{ type: 'end' }] };
    const graph = explore(machine, { inputs: { none: undefined }, events, actors: {} });
    const all = graph.nodes.map(({ snapshot }) => snapshot);
    const { pairs, undecided } = totality(machine, all, events, []);
    expect(pairs).toBe(4);
    expect(undecided.map(({ state, event }) => `${state}: ${event.type}`)).toEqual(['b: ping', 'b: end']);
  });

  test('exists: no snapshots prove nothing', () => {
    expect(() => totality(jobMachine, [], commands, ignored)).toThrow('no pair of state and event');
  });
});
