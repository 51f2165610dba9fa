import { describe, expect, test } from 'vitest';
import { and, createMachine, fromPromise, not, setup } from 'xstate';
import { transitionIdOf, transitionsOf } from '../../src/graph/index.js';
import { jobMachine } from './fixtures/jobMachine.js';

describe('the transitions of a machine', () => {
  test('are all definitions, in document order', () => {
    expect(transitionsOf(jobMachine).map(({ id }) => id)).toEqual([
      'idle: job.start #0 -> running',
      'idle: job.stop #0',
      'idle: display.* #0',
      'running: job.pause #0 -> paused',
      'running: job.stop #0 -> over',
      'running: done state running #0 -> over',
      'running.task.working: done work #0 -> running.task.judging',
      'running.task.working: error work #0 [isLast] -> over',
      'running.task.working: error work #1 -> running.task.waiting',
      'running.task.working: after patience #0 [isImpatient] -> running.task.waiting',
      'running.task.judging: always #0 [isBig] -> running.task.finished',
      'running.task.judging: always #1 -> running.task.finished',
      'running.task.waiting: after 200 ms #0 -> running.task.working',
      'running.display.shown: display.toggle #0 -> running.display.hidden',
      'running.display.shown: display.draw #0',
      'running.display.shown: work.grew #0 -> running.display.closed',
      'running.display.hidden: display.toggle #0 -> running.display.shown',
      'running.display.hidden: work.grew #0 -> running.display.closed',
      'running.display.hidden: * #0',
      'paused: job.resume #0 -> running.remembered',
      'paused: job.start #0 -> running',
    ]);
  });

  test('say what they do', () => {
    const [, stop, noticed, , , , done] = transitionsOf(jobMachine);
    expect(stop).toMatchObject({ isForbidden: true, actions: [], targets: [] });
    expect(noticed).toMatchObject({ isForbidden: false, actions: ['notice'], targets: [] });
    expect(done).toMatchObject({
      kind: 'actor-done',
      actions: ['measure'],
      eventType: 'xstate.done.actor.worker',
    });
  });

  test('keep their ids when other actors are provided', () => {
    const provided = jobMachine.provide({
      actors: { work: fromPromise<number, { tries: number }>(async () => 2) },
    });
    const [definition] = provided.getStateNodeById('job.idle').transitions.get('job.start') ?? [];
    expect(definition && transitionIdOf(definition)).toBe('idle: job.start #0 -> running');
    expect(transitionsOf(provided)).toEqual(transitionsOf(jobMachine));
  });

  test('have an id of their own, also where they read the same', () => {
    const machine = createMachine({
      id: 'm',
      on: { ping: { actions: 'answer' } },
      initial: 'a',
      states: { a: { after: { 200: 'b', '200 ms': 'b' } }, b: {} },
    });
    const ids = transitionsOf(machine).map(({ id }) => id);
    expect(ids).toContain('(root): ping #0');
    expect(new Set(ids).size).toBe(3);
  });

  test('name combined and inline guards', () => {
    const machine = setup({ guards: { isA: () => true, isB: () => true } }).createMachine({
      initial: 'a',
      states: { a: { on: { x: [{ guard: and(['isA', not('isB')]) }, { guard: () => true }] } } },
    });
    expect(transitionsOf(machine).map(({ guard }) => guard)).toEqual(['(isA and not isB)', '(inline)']);
  });
});
