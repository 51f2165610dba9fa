import { expect, test } from 'vitest';
import { ConnectionError } from '../../src/errors.js';
import { settle } from '../../src/testing/steppingClock.js';
import { longCall, PoolRig, Watched } from '../rigs/poolRig.js';

test('every connection is counted where it is, once', async () => {
  const names = ['idle', 'used', 'awaited', 'opening', 'lost', 'leaving', 'failed', 'vacant'];
  const rig = new PoolRig({
    servers: Object.fromEntries(names.map((name) => [name, { retryPolicy: { initialAttempts: 1 } }])),
    maxStarts: 20,
  });
  for (const name of names) if (!['opening', 'failed', 'vacant'].includes(name)) await rig.up(name);
  const used = rig.pool.peek('used');
  if (used === null) throw new Error('unreachable');
  longCall(used);
  await rig.clock.advance(1_000);
  rig.session('awaited').heard();
  await rig.clock.advance(1_000);
  rig.get('awaited');
  rig.get('opening');
  rig.session('lost').lost(new ConnectionError('PROCESS_EXITED', 'it is gone'));
  rig.session('leaving').holdsEnd = true;
  const removed = new Watched(rig.pool.remove('leaving'));
  const failed = rig.get('failed');
  await settle();
  rig.session('failed').lost(new ConnectionError('PROCESS_EXITED', 'it is gone'));
  await settle();
  expect(failed.error).toMatchObject({ code: 'PROCESS_EXITED' });
  expect(removed.isPending).toBe(true);
  expect(rig.pool.stats).toEqual({
    total: 6,
    idle: 1,
    active: 2,
    connecting: 2,
    closing: 1,
    healthy: 3,
    unhealthy: 1,
    failed: 1,
    gets: { accepted: 8, succeeded: 5, failed: 1, cancelled: 0, waiting: 2 },
    created: 7,
    evicted: 0,
  });
});

test('an entry tells who uses it, since when nobody does, and why it failed', async () => {
  const rig = new PoolRig({ retryPolicy: { initialAttempts: 1 } });
  const manager = await rig.up('a');
  const call = longCall(manager);
  await settle();
  expect(rig.pool.entries).toMatchObject([
    { name: 'a', status: 'connected', health: { status: 'healthy' }, users: 1, unusedFor: 0, failures: 0 },
  ]);
  call.end();
  await rig.clock.advance(2_000);
  expect(rig.pool.entries).toMatchObject([{ users: 0, unusedFor: 2_000, connection: { connects: 1 } }]);
  rig.get('b');
  await settle();
  rig.session('b').lost(new ConnectionError('PROCESS_EXITED', 'it is gone'));
  await settle();
  expect(rig.pool.entries[1]).toMatchObject({
    status: 'failed',
    failures: 1,
    error: { code: 'PROCESS_EXITED', message: 'it is gone' },
  });
  expect(JSON.parse(JSON.stringify(rig.pool.entries))).toEqual(rig.pool.entries);
});
