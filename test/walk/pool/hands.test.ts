/** What the pool does by hand, beside its charts, with the ends that it must come to. */
import { expect, test } from 'vitest';
import { ConnectionManager } from '../../../src/connection/ConnectionManager.js';
import { settle } from '../../../src/testing/steppingClock.js';
import { longCall, PoolRig, Watched } from '../../rigs/poolRig.js';

/** Longer than somebody who was handed a connection may take to begin a call. */
const GRACE = 1_000;

test('row 42: what is in use keeps its place, whoever else wants one', async () => {
  const rig = new PoolRig({ maxConnections: 1 });
  const manager = await rig.up('a');
  const call = longCall(manager);
  await rig.clock.advance(GRACE);
  const refused = rig.get('b');
  await settle();
  expect(refused.error).toMatchObject({ code: 'POOL_FULL' });
  expect([manager.state.status, call.watched.isPending]).toEqual(['connected', true]);
  call.end();
  await settle();
  const served = rig.get('b');
  await rig.finish('b');
  expect([served.value.name, manager.state.status]).toEqual(['b', 'terminated']);
});

test('row 44: what comes in the place of another is not there before that has ended', async () => {
  const rig = new PoolRig();
  await rig.up('a');
  const old = rig.session('a');
  old.holdsEnd = true;
  const put = new Watched(rig.pool.put('a', new ConnectionManager({ ...rig.server('a'), name: 'a' })));
  const wanted = rig.get('a');
  await settle();
  old.drained();
  await settle();
  expect([old.isLive, put.isPending, wanted.isPending, rig.pool.peek('a')]).toEqual([true, true, true, null]);
  old.finishClosing();
  await settle();
  expect([old.isLive, put.value]).toEqual([false, undefined]);
  expect(rig.pool.peek('a')).not.toBeNull();
});

test('failures of gets and of background probes are one count', async () => {
  const rig = new PoolRig({ healthCheck: { interval: 30_000, failureThreshold: 3, confirmAfter: 1_000 } });
  const manager = await rig.up('a');
  await rig.clock.advance(30_000);
  rig.session('a').failProbe();
  await settle();
  rig.get('a');
  await settle();
  rig.session('a').failProbe();
  await settle();
  expect([manager.health?.status, manager.state.status]).toEqual(['degraded', 'connected']);
  await rig.clock.advance(1_000);
  rig.session('a').failProbe();
  await settle();
  expect(manager.stats.disconnects).toEqual({ UNHEALTHY: 1 });
});

test('a few connections start at a time, and the limit of connecting begins with the turn', async () => {
  const rig = new PoolRig({
    maxStarts: 1,
    timeout: { connect: 2_000, transport: 2_000 },
    retryPolicy: false,
  });
  const [a, b] = [rig.get('a'), rig.get('b')];
  await rig.clock.advance(1_999);
  expect([rig.sessions('a').length, rig.sessions('b').length]).toEqual([1, 0]);
  await rig.finish('a');
  await rig.clock.advance(1_999);
  await rig.finish('b');
  expect([a.value.name, b.value.name]).toEqual(['a', 'b']);
});

test('a pool that drains hands out nothing, not even what is there', async () => {
  const rig = new PoolRig();
  const manager = await rig.up('a');
  const call = longCall(manager);
  await settle();
  const waiting = rig.get('b');
  await settle();
  const drained = new Watched(rig.pool.drain());
  const late = rig.get('a');
  await settle();
  for (const { error } of [waiting, late]) expect(error).toMatchObject({ code: 'POOL_CLOSED' });
  expect([manager.state.status, drained.isPending]).toEqual(['connected', true]);
  call.end();
  await settle();
  expect([manager.state.status, drained.value]).toEqual(['terminated', undefined]);
});

test('whoever gives up is gone in the same tick, and whoever still waits is not', async () => {
  const rig = new PoolRig({ maxConnections: 1 });
  const cancels = [new AbortController(), new AbortController()];
  for (const { signal } of cancels) rig.get('a', { signal });
  cancels[0]?.abort();
  const tooEarly = rig.get('b');
  await settle();
  expect(tooEarly.error).toMatchObject({ code: 'POOL_FULL' });
  cancels[1]?.abort();
  const served = rig.get('b');
  await rig.finish('b');
  expect(served.value.name).toBe('b');
});
