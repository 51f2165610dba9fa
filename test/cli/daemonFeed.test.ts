import { expect, onTestFinished, test } from 'vitest';
import { createActor, fromCallback, fromPromise } from 'xstate';
import { type DaemonFeedEvent, daemonFeedMachine } from '../../src/cli/daemonFeed.machine.js';
import { coverage, describePath, edgeCoveringPaths, explore } from '../../src/graph/index.js';
import { SteppingClock, settle } from '../../src/testing/steppingClock.js';

/** A feed of a daemon that does what the test says. */
function feed() {
  const clock = new SteppingClock();
  const told: string[] = [];
  const answers: ((isAnswered: boolean) => void)[] = [];
  let tell: (event: DaemonFeedEvent) => void = () => {};
  let watched = 0;
  const machine = daemonFeedMachine.provide({
    actors: {
      watch: fromCallback<DaemonFeedEvent>(({ sendBack }) => {
        watched += 1;
        tell = sendBack;
        return () => told.push('left');
      }),
      ask: fromPromise(() => new Promise<boolean>((resolve) => answers.push(resolve))),
    },
    actions: {
      tellFocus: () => told.push('focus'),
      tellReason: (_, { reason }) => told.push(reason),
    },
  });
  const actor = createActor(machine, { clock }).start();
  onTestFinished(() => {
    actor.stop();
  });
  return {
    clock,
    told,
    tell: (event: DaemonFeedEvent) => tell(event),
    watched: () => watched,
    /** How many questions were asked. */
    asked: () => answers.length,
    answer: async (isAnswered: boolean) => {
      answers.at(-1)?.(isAnswered);
      await settle();
    },
  };
}

test('a daemon that is found is told what is looked at, once', () => {
  const { tell, told } = feed();
  expect(told).toEqual([]);
  tell({ type: 'watch.began' });
  tell({ type: 'watch.began' });
  expect(told).toEqual(['focus']);
});

test('one that has left is told as away, and the next one is looked for', async () => {
  const { clock, tell, told, watched } = feed();
  tell({ type: 'watch.began' });
  tell({ type: 'watch.ended', reason: 'the daemon leaves' });
  expect(told).toEqual(['focus', 'the daemon leaves', 'left']);
  await clock.advance(999);
  expect(watched()).toBe(1);
  await clock.advance(1);
  expect(watched()).toBe(2);
  tell({ type: 'watch.began' });
  expect(told.at(-1)).toBe('focus');
});

test('one that answers is asked again after a rest; one that does not is not believed', async () => {
  const { clock, told, asked, answer, watched } = feed();
  await clock.advance(3_000);
  expect(asked()).toBe(1);
  await answer(true);
  await clock.advance(2_999);
  expect(asked()).toBe(1);
  await clock.advance(1);
  expect(asked()).toBe(2);
  await answer(false);
  expect(told).toEqual(['the daemon does not answer', 'left']);
  await clock.advance(1_000);
  expect(watched()).toBe(2);
});

test('the paths of its chart leave no transition out', () => {
  const graph = explore(daemonFeedMachine, {
    inputs: { none: undefined },
    events: {
      'watch.began': [{ type: 'watch.began' }],
      'watch.ended': [{ type: 'watch.ended', reason: 'the daemon leaves' }],
    },
    actors: {
      watch: { outputs: [], errors: [] },
      ask: { outputs: [true, false], errors: [] },
    },
    serialize: () => null,
  });
  const paths = edgeCoveringPaths(graph);
  expect(paths.map(describePath)).not.toEqual([]);
  expect(coverage(daemonFeedMachine, paths).transitions.missing).toEqual([]);
});
