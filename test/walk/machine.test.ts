/** Generated paths through the connection chart, run by an actor, with the pure transition as oracle. */

import { describe, expect, test } from 'vitest';
import { type AnyEventObject, createActor } from 'xstate';
import { type ConnectionEvent, connectionMachine, type SessionFact } from '../../machines/index.js';
import {
  actorErrorEventType,
  coverage,
  describePath,
  edgeCoveringPaths,
  formatCoverage,
  type MachinePath,
  parseEventType,
  watchCoverage,
} from '../../src/graph/index.js';
import { SteppingClock, settle } from '../../src/testing/steppingClock.js';
import { CONFIGS, exploreConnection, type InputName, walkInput } from './fixtures.js';
import { scriptConnection } from './scriptedActors.js';
import { fireTimer, isTimeout } from './timers.js';

const graph = exploreConnection('late and early', 'any time');
const paths = edgeCoveringPaths(graph, { cover: 'values' });

/** The only step no actor can take here: a session that throws does so before it says anything. */
const isSessionError = (event: AnyEventObject) => event.type === actorErrorEventType('session');

async function walk(path: MachinePath<typeof connectionMachine>, watch: ReturnType<typeof watchCoverage>) {
  const clock = new SteppingClock();
  const script = scriptConnection();
  const input = walkInput(CONFIGS[path.input as InputName]);
  const actor = createActor(script.machine, { input, clock, inspect: watch.inspect });
  actor.start();
  for (const [index, step] of path.steps.entries()) {
    await take(step.event);
    const snapshot = actor.getSnapshot();
    const story = `${describePath(path)}\nstep ${index + 1}`;
    expect(snapshot.value, story).toEqual(step.stateValue);
    expect(snapshot.context, story).toEqual(step.snapshot.context);
    expect([...snapshot.tags].sort(), story).toEqual([...step.snapshot.tags].sort());
    // The resource is the state: a session runs in `active.session` and nowhere else.
    expect(script.live.sessions, story).toBe(snapshot.children.session === undefined ? 0 : 1);
  }
  actor.stop();
  expect(clock.delays, describePath(path)).toEqual([]);

  async function take(event: AnyEventObject): Promise<void> {
    const name = parseEventType(event.type);
    if (isTimeout(event)) fireTimer(actor, clock, event.type);
    else if (isSessionError(event)) actor.send(event as ConnectionEvent);
    else if (name.kind === 'actor-done') script.end(name.actorId).resolve(event.output);
    else if (name.kind === 'actor-error') script.end(name.actorId).reject(event.error);
    else if (/^(transport|handshake|session)\./.test(event.type)) script.report(event as SessionFact);
    else actor.send(event as ConnectionEvent);
    await settle();
  }
}

describe('the connection chart', () => {
  test('every generated path leads the actor where the pure transition leads', async () => {
    const watch = watchCoverage(connectionMachine);
    for (const path of paths) await walk(path, watch);
    const report = watch.report(paths.length);
    console.log(`connection, by an actor: ${formatCoverage(report)}`);
    expect(report.states.missing).toEqual([]);
    expect(report.transitions.missing).toEqual([]);
  });

  test('the paths cover every state and every transition', () => {
    const report = coverage(connectionMachine, paths);
    expect(report.states.missing).toEqual([]);
    expect(report.transitions.missing).toEqual([]);
  });

  test.each(['disconnect', 'terminate'])('%s is taken in every state that is not there yet', (command) => {
    const goal = command === 'disconnect' ? 'disconnected' : 'terminated';
    const deaf = graph.nodes
      .map(({ snapshot }) => snapshot)
      .filter((snapshot) => snapshot.context.intent !== 'terminated' && snapshot.value !== goal)
      .filter((snapshot) => !snapshot.can({ type: `connection.${command}` } as ConnectionEvent));
    expect(deaf.map(({ value }) => value)).toEqual([]);
  });
});
