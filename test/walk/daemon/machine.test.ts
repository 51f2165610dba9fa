/** Generated paths through the daemon's chart, run by an actor, with the pure transition as oracle. */
import { expect, test } from 'vitest';
import { createActor } from 'xstate';
import { type DaemonEvent, daemonMachine, IGNORED_DAEMON_EVENTS } from '../../../machines/index.js';
import {
  describePath,
  edgeCoveringPaths,
  formatCoverage,
  parseEventType,
  totality,
  watchCoverage,
} from '../../../src/graph/index.js';
import { daemonEvents } from '../../../src/graph/stories/daemon.js';
import { SteppingClock, settle } from '../../../src/testing/steppingClock.js';
import { fireTimer, isTimeout } from '../timers.js';
import { daemonGraph, daemonInput, type LimitsName } from './fixtures.js';
import { scriptDaemon } from './scripts.js';

const paths = edgeCoveringPaths(daemonGraph, { cover: 'values' });
const snapshots = daemonGraph.nodes.map(({ snapshot }) => snapshot);

test('every generated path leads the actor where the pure transition leads', async () => {
  const watch = watchCoverage(daemonMachine);
  for (const path of paths) {
    const clock = new SteppingClock();
    const { machine, endings } = scriptDaemon();
    const input = daemonInput(path.input as LimitsName);
    const actor = createActor(machine, { input, clock, inspect: watch.inspect });
    actor.start();
    for (const { event, stateValue, snapshot } of path.steps) {
      const name = parseEventType(event.type);
      if (isTimeout(event)) fireTimer(actor, clock, event.type);
      else if (name.kind === 'actor-done') endings.end(name.actorId).resolve(event.output);
      else if (name.kind === 'actor-error') endings.end(name.actorId).reject(event.error);
      else actor.send(event as DaemonEvent);
      await settle();
      expect(actor.getSnapshot().value, describePath(path)).toEqual(stateValue);
      expect(actor.getSnapshot().context, describePath(path)).toEqual(snapshot.context);
    }
    actor.stop();
    expect(clock.delays, describePath(path)).toEqual([]);
  }
  const report = watch.report(paths.length);
  console.log(`daemon, by an actor: ${formatCoverage(report)}`);
  expect(report.states.missing).toEqual([]);
  expect(report.transitions.missing).toEqual([]);
});

test('every event is taken or ignored on purpose in every reachable snapshot', () => {
  const everything = {
    ...daemonEvents,
    'client.came': [{ type: 'client.came' }],
    'client.left': [{ type: 'client.left' }],
  } as const;
  const report = totality(daemonMachine, snapshots, everything, IGNORED_DAEMON_EVENTS);
  console.log(`daemon: ${report.pairs} pairs of snapshot and event decided`);
  expect(report.undecided.map(({ state, event }) => `${event.type} in ${state}`)).toEqual([]);
  expect(report.unused).toEqual([]);
  expect(report.contradicted.map(({ state, event }) => `${event.type} in ${state}`)).toEqual([]);
});

test('a daemon that has stopped says why', () => {
  const stopped = snapshots.filter(({ status }) => status === 'done');
  expect(stopped.length).toBeGreaterThan(0);
  for (const { context, output } of stopped) {
    expect(context.reason).not.toBeNull();
    expect(output).toEqual({ reason: context.reason, error: context.error });
  }
});
