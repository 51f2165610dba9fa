import { describe, expect, test } from 'vitest';
import { createActor, createMachine } from 'xstate';
import {
  coverage,
  edgeCoveringPaths,
  explore,
  formatCoverage,
  watchCoverage,
} from '../../src/graph/index.js';
import { jobInputs, jobMachine } from './fixtures/jobMachine.js';
import { jobGraph, quietJobMachine, walkForReal } from './fixtures/walk.js';

const paths = edgeCoveringPaths(jobGraph);

describe('coverage', () => {
  test('is counted from the microsteps: raised events and both branches of guards included', () => {
    expect(formatCoverage(coverage(jobMachine, paths))).toBe(
      `states 13/13, transitions 21/21, paths ${paths.length}`,
    );
  });

  test('names what no path takes', () => {
    const calm = paths.filter(({ steps }) =>
      steps.every(({ event }) => event.type !== 'display.toggle' && event.output !== 2),
    );
    const report = coverage(jobMachine, calm);
    expect(report.states.missing).toEqual(['running.display.hidden', 'running.display.closed']);
    expect(report.transitions.missing).toEqual([
      'running: done state running #0 -> over',
      'running.task.judging: always #0 [isBig] -> running.task.finished',
      'running.display.shown: display.toggle #0 -> running.display.hidden',
      'running.display.shown: work.grew #0 -> running.display.closed',
      'running.display.hidden: display.toggle #0 -> running.display.shown',
      'running.display.hidden: work.grew #0 -> running.display.closed',
      'running.display.hidden: * #0',
    ]);
    expect(formatCoverage(report)).toContain('\n  not reached: running.display.hidden\n');
    expect(formatCoverage(report)).toContain('\n  not walked: running: done state running #0 -> over\n');
  });

  test('of what a real actor does is the same', () => {
    const watch = watchCoverage(jobMachine);
    for (const path of paths) {
      walkForReal(
        quietJobMachine,
        path,
        path.input === 'patient' ? jobInputs.patient : jobInputs.impatient,
        watch.inspect,
      );
    }
    expect(watch.report(paths.length)).toEqual(coverage(jobMachine, paths));
  });

  test('of nothing is refused', () => {
    expect(() => coverage(jobMachine, [])).toThrow("no transition of 'job' was walked");
    expect(() => watchCoverage(jobMachine).report(3)).toThrow("no transition of 'job' was walked");
  });

  test('counts a state that the machine leaves before it first rests', () => {
    const machine = createMachine({
      initial: 'first',
      states: { first: { always: 'second' }, second: { on: { go: 'third' } }, third: {} },
    });
    const walk = explore(machine, {
      inputs: { none: undefined },
      events: { go: [{ type: 'go' }] },
      actors: {},
    });
    expect(coverage(machine, edgeCoveringPaths(walk))).toMatchObject({
      states: { reached: 3, total: 3 },
      transitions: { walked: 2, total: 2 },
    });
  });
});

describe('where regions answer the same event', () => {
  const ran: string[] = [];
  const note = (name: string) => () => ran.push(name);
  const machine = createMachine({
    initial: 'both',
    states: {
      both: {
        type: 'parallel',
        on: { leave: { target: 'out', actions: note('outer') } },
        states: {
          left: {
            initial: 'a',
            states: {
              a: {
                on: {
                  leave: { target: '#out', actions: note('left') },
                  stay: { target: 'b', actions: note('left stays') },
                },
              },
              b: {},
            },
          },
          right: {
            initial: 'a',
            states: {
              a: {
                on: {
                  leave: { target: '#out', actions: note('right') },
                  stay: { target: 'b', actions: note('right stays') },
                },
              },
              b: {},
            },
          },
        },
      },
      out: { id: 'out' },
    },
  });
  const walk = explore(machine, {
    inputs: { none: undefined },
    events: { leave: [{ type: 'leave' }], stay: [{ type: 'stay' }] },
    actors: {},
  });

  test('only the transitions that are really taken count', () => {
    expect(coverage(machine, edgeCoveringPaths(walk)).transitions.missing).toEqual([
      'both.right.a: leave #0 -> out',
    ]);
    const actor = createActor(machine).start();
    actor.send({ type: 'leave' });
    expect(ran).toEqual(['left']);
  });

  test('a real actor is counted in the same way', () => {
    const watch = watchCoverage(machine);
    for (const event of ['leave', 'stay']) {
      const actor = createActor(machine, { inspect: watch.inspect }).start();
      actor.send({ type: event });
      if (event === 'stay') actor.send({ type: 'leave' });
    }
    expect(watch.report(2).transitions.missing).toEqual(['both.right.a: leave #0 -> out']);
  });
});
