/** The paths through the chart of the pool, taken by a real pool with a connection in use. */
import { expect, test } from 'vitest';
import type { AnyEventObject } from 'xstate';
import { poolMachine } from '../../../machines/index.js';
import {
  actorDoneEventType,
  actorErrorEventType,
  describePath,
  edgeCoveringPaths,
  formatCoverage,
  watchCoverage,
} from '../../../src/graph/index.js';
import { settle } from '../../../src/testing/steppingClock.js';
import { longCall, type PooledSession, PoolRig, Watched } from '../../rigs/poolRig.js';
import { fireTimer, isTimeout } from '../timers.js';
import { POOL_INPUT, poolGraph } from './fixtures.js';

/** Waiting for calls has no error. */
const impossible = actorErrorEventType('settle');
const paths = edgeCoveringPaths(poolGraph, { cover: 'values' }).filter(({ steps }) =>
  steps.every(({ event }) => event.type !== impossible),
);

async function finish(session: PooledSession, call: ReturnType<typeof longCall>): Promise<void> {
  call.end();
  await settle();
  session.drained();
  await settle();
}

test('on every path the pool does what the chart says, and all who ended it are told', async () => {
  const watch = watchCoverage(poolMachine);
  for (const path of paths) {
    const rig = new PoolRig({ limits: POOL_INPUT.limits, inspect: watch.inspect });
    const call = longCall(await rig.up('a'));
    const session = rig.session('a');
    session.holdsEnd = true;
    const { actor } = rig.pool;
    const ended: Watched<void>[] = [];
    const happenings: { [type: string]: () => Promise<void> | undefined } = {
      'pool.drain': () => {
        ended.push(new Watched(rig.pool.drain()));
        return undefined;
      },
      'pool.close': () => {
        ended.push(new Watched(rig.pool[Symbol.asyncDispose]()));
        return undefined;
      },
      [actorDoneEventType('settle')]: () => {
        call.end();
        return undefined;
      },
      [actorDoneEventType('retireAll')]: async () => {
        await finish(session, call);
        session.finishClosing();
      },
      [actorErrorEventType('retireAll')]: async () => {
        await finish(session, call);
        session.failClosing(new Error('it would not end'));
      },
    };
    const take = (event: AnyEventObject) => {
      if (isTimeout(event)) return void fireTimer(actor, rig.clock, event.type);
      const happen = happenings[event.type];
      if (happen === undefined) throw new Error(`no way to make '${event.type}' happen`);
      return happen();
    };
    for (const { event, stateValue } of path.steps) {
      await take(event);
      await settle();
      expect(actor.getSnapshot().value, describePath(path)).toBe(stateValue);
    }
    const { unclosed } = actor.getSnapshot().context;
    const isOver = actor.getSnapshot().status === 'done';
    for (const { seen } of ended) {
      if (!isOver) expect(seen, describePath(path)).toBeNull();
      else if (unclosed === null) expect(seen, describePath(path)).toEqual({ value: undefined });
      else expect(seen, describePath(path)).toMatchObject({ error: { code: 'RELEASE_FAILED' } });
    }
  }
  const report = watch.report(paths.length);
  console.log(`pool, by connections: ${formatCoverage(report)}`);
  expect(report.states.missing).toEqual([]);
  expect(report.transitions.missing).toEqual(['draining: error settle #0 -> closing']);
});
