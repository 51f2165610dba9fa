/** Generated paths through the charts of the pool, run by actors, with the pure transition as oracle. */
import { describe, expect, test } from 'vitest';
import { type AnyActor, type AnyEventObject, createActor } from 'xstate';
import {
  type EntryEvent,
  type EntryFact,
  type PoolCommand,
  poolEntryMachine,
  poolMachine,
} from '../../../machines/index.js';
import {
  actorErrorEventType,
  coverage,
  describePath,
  edgeCoveringPaths,
  formatCoverage,
  parseEventType,
  watchCoverage,
} from '../../../src/graph/index.js';
import { SteppingClock, settle } from '../../../src/testing/steppingClock.js';
import { fireTimer, isTimeout } from '../timers.js';
import { entryGraph, entryInput, POOL_INPUT, type PolicyName, poolGraph } from './fixtures.js';
import { scriptEntry, scriptPool } from './scripts.js';

const entryPaths = edgeCoveringPaths(entryGraph, { cover: 'values' });
const poolPaths = edgeCoveringPaths(poolGraph, { cover: 'values' });

type Script = { end(name: string): { resolve(output: unknown): void; reject(error: unknown): void } };

/** Takes a step that is not the charts' own kind of news; says whether it was one. */
function takeCommon(event: AnyEventObject, actor: AnyActor, clock: SteppingClock, script: Script): boolean {
  const name = parseEventType(event.type);
  if (isTimeout(event)) fireTimer(actor, clock, event.type);
  else if (name.kind === 'actor-done') script.end(name.actorId).resolve(event.output);
  else if (name.kind === 'actor-error') script.end(name.actorId).reject(event.error);
  else return false;
  return true;
}

describe('the chart of an entry', () => {
  test('every generated path leads the actor where the pure transition leads', async () => {
    const watch = watchCoverage(poolEntryMachine);
    for (const path of entryPaths) {
      const clock = new SteppingClock();
      const script = scriptEntry();
      const input = entryInput(path.input as PolicyName);
      const actor = createActor(script.machine, { input, clock, inspect: watch.inspect });
      actor.start();
      for (const [index, { event, stateValue, snapshot: expected }] of path.steps.entries()) {
        // A callback actor that throws does so before it says anything.
        const isOwn = event.type !== actorErrorEventType('connection');
        if (!(isOwn && takeCommon(event, actor, clock, script))) {
          if (event.type.startsWith('connection.')) script.report(event as EntryFact);
          else actor.send(event as EntryEvent);
        }
        await settle();
        const snapshot = actor.getSnapshot();
        const story = `${describePath(path)}\nstep ${index + 1}`;
        expect(snapshot.value, story).toEqual(stateValue);
        expect(snapshot.context, story).toEqual(expected.context);
        expect([...snapshot.tags].sort(), story).toEqual([...expected.tags].sort());
        // Who is in the pool is listened to, and nobody else.
        expect(script.isListening, story).toBe(snapshot.children.connection !== undefined);
      }
      actor.stop();
      expect(clock.delays, describePath(path)).toEqual([]);
    }
    const report = watch.report(entryPaths.length);
    console.log(`entry, by an actor: ${formatCoverage(report)}`);
    expect(report.states.missing).toEqual([]);
    expect(report.transitions.missing).toEqual([]);
  });

  test('the paths cover every state and every transition', () => {
    const report = coverage(poolEntryMachine, entryPaths);
    expect(report.states.missing).toEqual([]);
    expect(report.transitions.missing).toEqual([]);
  });
});

describe('the chart of the pool', () => {
  test('every generated path leads the actor where the pure transition leads', async () => {
    const watch = watchCoverage(poolMachine);
    for (const path of poolPaths) {
      const clock = new SteppingClock();
      const script = scriptPool();
      const actor = createActor(script.machine, { input: POOL_INPUT, clock, inspect: watch.inspect });
      actor.start();
      for (const { event, stateValue, snapshot } of path.steps) {
        if (!takeCommon(event, actor, clock, script)) actor.send(event as PoolCommand);
        await settle();
        expect(actor.getSnapshot().value, describePath(path)).toEqual(stateValue);
        expect(actor.getSnapshot().context, describePath(path)).toEqual(snapshot.context);
      }
      actor.stop();
      expect(clock.delays, describePath(path)).toEqual([]);
    }
    const report = watch.report(poolPaths.length);
    console.log(`pool, by an actor: ${formatCoverage(report)}`);
    expect(report.states.missing).toEqual([]);
    expect(report.transitions.missing).toEqual([]);
  });
});
