/** How many connections there are, and which of them go. */
import { describe, expect, test } from 'vitest';
import { ConnectionManager } from '../../src/connection/ConnectionManager.js';
import { ConnectionError } from '../../src/errors.js';
import { settle } from '../../src/testing/steppingClock.js';
import { longCall, PoolRig, Watched } from '../rigs/poolRig.js';

/** Longer than somebody who was handed a connection may take to begin a call. */
const GRACE = 1_000;

describe('row 42: maxConnections', () => {
  test('the idle one that was used least recently goes, and has ended before another begins', async () => {
    const rig = new PoolRig({ maxConnections: 2 });
    const a = await rig.up('a');
    await rig.clock.advance(10);
    await rig.up('b');
    await rig.clock.advance(10);
    // Handed out first, and used last.
    const call = longCall(a);
    await settle();
    call.end();
    await rig.clock.advance(GRACE);
    rig.session('b').holdsEnd = true;
    const wanted = rig.get('c');
    await settle();
    expect(rig.session('b').saidGoodbye).toBe(true);
    expect(rig.sessions('c')).toHaveLength(0);
    expect(rig.pool.stats).toMatchObject({ total: 2, idle: 1, closing: 1, connecting: 0 });
    rig.session('b').drained();
    await settle();
    rig.session('b').finishClosing();
    await rig.finish('c');
    expect(wanted.value.name).toBe('c');
    expect(rig.live).toHaveLength(2);
    expect(a.state.status).toBe('connected');
    expect(rig.pool.stats).toMatchObject({ total: 2, evicted: 1, created: 3 });
  });

  test('where all are in use, a get is refused with the counts', async () => {
    const rig = new PoolRig({ maxConnections: 2 });
    const [a] = [await rig.up('a'), await rig.up('b')];
    longCall(a);
    await rig.clock.advance(500);
    // One has a call in flight; the other was handed out just now, and its call may be about to come.
    const wanted = rig.get('c');
    await settle();
    expect(wanted.error).toMatchObject({
      code: 'POOL_FULL',
      message: 'c: no place in the pool: 2 of 2 places taken, 2 in use (maxConnections)',
    });
    expect(rig.sessions('c')).toHaveLength(0);
    expect(rig.live).toHaveLength(2);
    // The next one is asked anew.
    await rig.clock.advance(GRACE);
    const next = rig.get('c');
    await rig.finish('c');
    expect(next.value.name).toBe('c');
    expect(a.state.status).toBe('connected');
  });

  test('one that somebody waits for is in use', async () => {
    const rig = new PoolRig({ maxConnections: 1 });
    rig.get('a');
    await settle();
    const wanted = rig.get('b');
    await settle();
    expect(wanted.error).toMatchObject({ code: 'POOL_FULL' });
  });

  test('one that somebody alone was handed is in use until their first call has ended', async () => {
    const rig = new PoolRig({ maxConnections: 1 });
    const call = longCall(await rig.up('a'));
    await settle();
    call.end();
    await settle();
    const next = rig.get('b');
    await rig.finish('b');
    expect(next.value.name).toBe('b');
  });

  /** How somebody else comes to have it as well. */
  const others: { [how: string]: (rig: PoolRig) => Promise<ConnectionManager> } = {
    'by a get in the same moment': (rig) => rig.pool.get('a'),
    'by a get before': async (rig) => {
      await rig.clock.advance(5_000);
      rig.session('a').heard();
      return rig.pool.get('a');
    },
    'having put it there': async (rig) => {
      await rig.pool.remove('a');
      const own = new ConnectionManager({ name: 'own', ...rig.server('a'), clock: rig.clock });
      const connected = own.connect();
      await rig.finish('a');
      await connected;
      await rig.pool.put('a', own);
      return rig.pool.get('a');
    },
  };

  test.each(Object.entries(others))(
    'one that others have, too, is in use for a second, whoever calls: %s',
    async (_, come) => {
      const rig = new PoolRig({ maxConnections: 1 });
      await rig.up('a');
      const manager = await come(rig);
      for (let round = 0; round < 2; round += 1) {
        const call = longCall(manager);
        await settle();
        call.end();
        await settle();
      }
      await rig.clock.advance(GRACE - 1);
      const tooEarly = rig.get('b');
      await settle();
      expect(tooEarly.error).toMatchObject({ code: 'POOL_FULL' });
      await rig.clock.advance(1);
      const next = rig.get('b');
      await rig.finish('b');
      expect(next.value.name).toBe('b');
    },
  );

  test('those who wait for a place come in their order, as often as one becomes free', async () => {
    const rig = new PoolRig({ maxConnections: 1 });
    await rig.up('a');
    await rig.clock.advance(GRACE);
    rig.session('a').holdsEnd = true;
    const b = rig.get('b');
    await settle();
    const c = rig.get('c');
    await settle();
    // The place that becomes free is b's; for c nobody can go.
    expect(c.error).toMatchObject({ code: 'POOL_FULL' });
    rig.session('a').drained();
    await settle();
    rig.session('a').finishClosing();
    await rig.finish('b');
    expect(b.value.name).toBe('b');
  });

  test('who gives up while waiting for a place leaves it to the others', async () => {
    const rig = new PoolRig({ maxConnections: 1 });
    await rig.up('a');
    await rig.clock.advance(GRACE);
    rig.session('a').holdsEnd = true;
    const cancel = new AbortController();
    rig.get('b', { signal: cancel.signal });
    await settle();
    cancel.abort();
    await settle();
    const c = rig.get('c');
    rig.session('a').drained();
    await settle();
    rig.session('a').finishClosing();
    await rig.finish('c');
    expect(c.value.name).toBe('c');
    expect(rig.sessions('b')).toHaveLength(0);
  });

  test('a place that somebody gives up is free in the same tick', async () => {
    const rig = new PoolRig({ maxConnections: 1 });
    const cancel = new AbortController();
    // Still on its way to its place, and then on its way up: neither is of use to anybody any more.
    for (const name of ['a', 'b']) {
      rig.get(name, { signal: cancel.signal });
      if (name === 'b') await settle();
    }
    cancel.abort();
    const wanted = rig.get('c');
    await rig.finish('c');
    expect(wanted.value.name).toBe('c');
    expect(rig.live).toEqual([rig.session('c')]);
  });

  test('who waits for the place of one that comes back is refused, and does not wait for nothing', async () => {
    const rig = new PoolRig({ maxConnections: 1 });
    const a = await rig.up('a');
    rig.session('a').holdsEnd = true;
    a.disconnect().catch(() => {});
    const b = rig.get('b');
    await settle();
    expect(b.isPending).toBe(true);
    const again = rig.get('a');
    await settle();
    expect(b.error).toMatchObject({ code: 'POOL_FULL' });
    rig.session('a').drained();
    await settle();
    rig.session('a').finishClosing();
    await rig.finish('a');
    expect(again.value).toBe(a);
  });

  test('who waits for a place that one of somebody’s own takes has the next one that is idle', async () => {
    const rig = new PoolRig({ maxConnections: 2 });
    const [a, b] = [await rig.up('a'), await rig.up('b')];
    await rig.clock.advance(GRACE);
    const call = longCall(b);
    rig.session('a').holdsEnd = true;
    a.disconnect().catch(() => {});
    const c = rig.get('c');
    await settle();
    call.end();
    await rig.clock.advance(1);
    const own = new ConnectionManager({ name: 'own', ...rig.server('own'), clock: rig.clock });
    const connected = own.connect();
    await rig.finish('own');
    await connected;
    await rig.pool.put('own', own);
    await settle();
    expect(b.state.status).toBe('terminated');
    rig.session('a').drained();
    await settle();
    rig.session('a').finishClosing();
    await rig.finish('c');
    expect(c.value.name).toBe('c');
    expect(rig.pool.stats).toMatchObject({ total: 2, evicted: 1 });
  });

  test('one whose authorization is being finished does not go', async () => {
    const rig = new PoolRig({ maxConnections: 1 });
    rig.get('a');
    await settle();
    rig.session('a').lost(new ConnectionError('AUTHORIZATION_REQUIRED', 'somebody has to act'));
    await settle();
    rig.pool
      .peek('a')
      ?.authorize('code')
      .catch(() => {});
    await settle();
    const refused = rig.get('b');
    await settle();
    expect(refused.error).toMatchObject({ code: 'POOL_FULL' });
    rig.session('a').authorizationRefused(new Error('wrong code'));
    await settle();
    const served = rig.get('b');
    await rig.finish('b');
    expect(served.value.name).toBe('b');
  });

  test('one that somebody is to authorize goes when nothing else can', async () => {
    const rig = new PoolRig({ maxConnections: 2 });
    rig.get('a');
    await settle();
    rig.session('a').lost(new ConnectionError('AUTHORIZATION_REQUIRED', 'somebody has to act'));
    await settle();
    const a = rig.pool.peek('a');
    await rig.clock.advance(GRACE);
    const b = await rig.up('b');
    await rig.clock.advance(GRACE);
    const c = rig.get('c');
    await rig.finish('c');
    expect([a?.state.status, b.state.status]).toEqual(['authorizing', 'terminated']);
    longCall(c.value);
    await settle();
    rig.get('b');
    await settle();
    expect(a?.state.status).toBe('terminated');
  });

  test('one that somebody disconnects keeps its place until it has ended', async () => {
    const rig = new PoolRig({ maxConnections: 1 });
    const a = await rig.up('a');
    rig.session('a').holdsEnd = true;
    const disconnected = a.disconnect();
    const b = rig.get('b');
    await settle();
    expect(rig.pool.stats).toMatchObject({ total: 1, closing: 1 });
    expect(rig.sessions('b')).toHaveLength(0);
    rig.session('a').drained();
    await settle();
    rig.session('a').finishClosing();
    await disconnected;
    await rig.finish('b');
    expect(b.value.name).toBe('b');
    // It evicted nobody: the place was free.
    expect(rig.pool.stats.evicted).toBe(0);
  });

  test('connections that are put count, and make room for one more only together', async () => {
    const rig = new PoolRig({ maxConnections: 1 });
    const [one, other] = ['x', 'y'].map(
      (name) => new ConnectionManager({ name, ...rig.server(name), clock: rig.clock }),
    );
    if (one === undefined || other === undefined) throw new Error('unreachable');
    for (const manager of [one, other]) {
      const connected = manager.connect();
      await rig.finish(manager.name);
      await connected;
      await rig.pool.put(manager.name, manager);
    }
    expect(rig.pool.stats).toMatchObject({ total: 2, idle: 2 });
    longCall(one);
    await settle();
    const refused = rig.get('a');
    await settle();
    expect(refused.error).toMatchObject({ code: 'POOL_FULL' });
    expect(rig.live).toHaveLength(2);
  });
});

describe('row 38: one that has failed for good, and whose machine slept', () => {
  /** `a` has failed, and would try again of itself. */
  async function failed() {
    const rig = new PoolRig({ maxConnections: 1, retryPolicy: { initialAttempts: 1 } });
    const wanted = rig.get('a');
    await settle();
    rig.session('a').lost(new ConnectionError('PROCESS_EXITED', 'it is gone'));
    await settle();
    expect(wanted.error).toMatchObject({ code: 'PROCESS_EXITED' });
    const manager = rig.pool.peek('a');
    const wake = async () => {
      manager?.actor.send({ type: 'system.woke', random: 0.5 });
      await settle();
    };
    return { rig, manager, wake };
  }

  test('does not take a place that nobody wants for it', async () => {
    const { rig, manager, wake } = await failed();
    longCall(await rig.up('b'));
    await settle();
    await wake();
    await rig.clock.advance(20_000);
    expect(rig.sessions('a')).toHaveLength(1);
    expect(rig.pool.stats).toMatchObject({ total: 1, active: 1 });
    expect(manager?.state.status).toBe('disconnected');
  });

  test('is still one that has failed, and is tried again when it may be', async () => {
    const { rig, wake } = await failed();
    await wake();
    expect(rig.pool.stats).toMatchObject({ total: 0, failed: 1 });
    expect(rig.pool.entries).toMatchObject([{ failures: 1, error: { code: 'PROCESS_EXITED' } }]);
    const late = rig.get('a', { timeout: 1 });
    await rig.clock.advance(1);
    expect(late.error).toMatchObject({ code: 'WAIT_TIMEOUT', cause: { code: 'PROCESS_EXITED' } });
    const wanted = rig.get('a');
    await settle();
    expect(rig.sessions('a')).toHaveLength(1);
    await rig.clock.advance(1_000);
    await rig.finish('a');
    expect(wanted.value.name).toBe('a');
  });

  test('is opened by its user, and disconnected, as ever', async () => {
    const { rig, manager, wake } = await failed();
    await wake();
    manager?.connect().catch(() => {});
    await rig.finish('a');
    expect(rig.pool.stats).toMatchObject({ total: 1, failed: 0 });
    await manager?.disconnect();
    expect(rig.pool.stats).toMatchObject({ total: 0 });
  });
});

describe('idleTimeout', () => {
  const options = { idleTimeout: 10_000, healthCheck: false } as const;
  const every = (delay: number) =>
    ({ jitter: 'none', backoffStrategy: { type: 'constant', delay } }) as const;

  test('ends what nobody has used for so long, and the next get begins it anew', async () => {
    const rig = new PoolRig(options);
    const first = await rig.up('a');
    await rig.clock.advance(9_999);
    expect(first.state.status).toBe('connected');
    await rig.clock.advance(1);
    expect(first.state.status).toBe('terminated');
    expect(rig.pool.stats).toMatchObject({ total: 0, evicted: 1 });
    expect(rig.clock.delays).toEqual([]);
    const again = rig.get('a');
    await rig.finish('a');
    expect(again.value).not.toBe(first);
    expect(rig.pool.stats.created).toBe(2);
  });

  test('counts from the end of the last call, however long it took', async () => {
    const rig = new PoolRig(options);
    const manager = await rig.up('a');
    const call = longCall(manager);
    await rig.clock.advance(50_000);
    expect(manager.state.status).toBe('connected');
    call.end();
    await rig.clock.advance(9_000);
    expect(manager.state.status).toBe('connected');
    await rig.clock.advance(11_000);
    expect(manager.state.status).toBe('terminated');
  });

  test('counts from the last get', async () => {
    const rig = new PoolRig(options);
    const manager = await rig.up('a');
    await rig.clock.advance(9_000);
    rig.get('a');
    await rig.clock.advance(9_000);
    expect(manager.state.status).toBe('connected');
    await rig.clock.advance(1_000);
    expect(manager.state.status).toBe('terminated');
  });

  test('does not end what is handed out in the moment of the decision', async () => {
    const rig = new PoolRig({ ...options, freshness: 'unlimited' });
    const manager = await rig.up('a');
    // The timer runs out, the review has looked, and the chart has not heard of it.
    rig.clock.fire(10_000);
    const wanted = rig.get('a');
    await settle();
    expect(wanted.value).toBe(manager);
    expect(manager.state.status).toBe('connected');
    await rig.clock.advance(10_000);
    expect(manager.state.status).toBe('terminated');
  });

  test('ends what is lost and retried for ever, while nobody waits', async () => {
    const rig = new PoolRig({ ...options, retryPolicy: every(1_000) });
    const manager = await rig.up('a');
    rig.made = (session) =>
      queueMicrotask(() => session.lost(new ConnectionError('PROCESS_EXITED', 'it is gone')));
    rig.session('a').lost(new ConnectionError('PROCESS_EXITED', 'it is gone'));
    await rig.clock.advance(9_999);
    expect(manager.state.status).toBe('reconnecting');
    expect(rig.sessions('a')).toHaveLength(10);
    await rig.clock.advance(1);
    expect(manager.state.status).toBe('terminated');
    expect(rig.pool.stats).toMatchObject({ total: 0, evicted: 1 });
    expect(rig.clock.delays).toEqual([]);
  });

  test('ends what is back each time before it ran out, and nobody used', async () => {
    const rig = new PoolRig({ ...options, retryPolicy: every(400) });
    const manager = await rig.up('a');
    for (let round = 0; round < 3; round += 1) {
      await rig.clock.advance(2_900);
      rig.session('a').lost(new ConnectionError('PROCESS_EXITED', 'it is gone'));
      await rig.clock.advance(400);
      await rig.finish('a');
    }
    expect(manager.state.status).toBe('connected');
    await rig.clock.advance(100);
    expect(manager.state.status).toBe('terminated');
  });

  test.each(['get', 'call'] as const)('leaves alone what is lost while a %s waits for it', async (who) => {
    const rig = new PoolRig(options);
    const manager = await rig.up('a');
    rig.session('a').lost(new ConnectionError('PROCESS_EXITED', 'it is gone'));
    if (who === 'get') rig.get('a');
    else longCall(manager);
    await rig.clock.advance(30_000);
    expect(manager.state.status).toBe('connecting');
    await rig.clock.advance(0);
    expect(rig.pool.stats).toMatchObject({ total: 1, evicted: 0 });
  });

  test('counts from when the last one gave up waiting', async () => {
    const rig = new PoolRig(options);
    rig.get('a', { timeout: 4_000 });
    await rig.clock.advance(4_000);
    const manager = rig.pool.peek('a');
    await rig.clock.advance(9_999);
    expect(manager?.state.status).toBe('connecting');
    await rig.clock.advance(1);
    expect(manager?.state.status).toBe('terminated');
  });

  test('does not end what somebody is to authorize', async () => {
    const rig = new PoolRig(options);
    rig.get('a');
    await settle();
    rig.session('a').lost(new ConnectionError('AUTHORIZATION_REQUIRED', 'somebody has to act'));
    await rig.clock.advance(1_000_000);
    expect(rig.pool.peek('a')?.state.status).toBe('authorizing');
  });

  test('unlimited, is no timer at all', async () => {
    const [pooled, alone] = [new PoolRig({ healthCheck: false }), new PoolRig({ healthCheck: false })];
    const manager = await pooled.up('a');
    const own = new ConnectionManager({
      name: 'own',
      ...alone.server('own'),
      clock: alone.clock,
      healthCheck: false,
    });
    const connected = own.connect();
    await alone.finish('own');
    await connected;
    expect(pooled.clock.delays).toEqual(alone.clock.delays);
    await pooled.clock.advance(2 ** 31);
    expect(manager.state.status).toBe('connected');
  });

  test('does not end what is restarted in the moment of the decision', async () => {
    const rig = new PoolRig(options);
    const manager = await rig.up('a');
    rig.clock.fire(10_000);
    const restarted = new Watched(rig.pool.restart('a'));
    await rig.finish('a');
    expect(restarted.value).toBe(manager);
    expect(manager.state.status).toBe('connected');
  });

  test('leaves alone what somebody waits for', async () => {
    const rig = new PoolRig({ idleTimeout: 3_000, healthCheck: { timeout: 5_000 } });
    const manager = await rig.up('a');
    await rig.clock.advance(2_000);
    const wanted = rig.get('a');
    await rig.clock.advance(4_000);
    expect(manager.state.status).toBe('connected');
    rig.session('a').answerProbe();
    await settle();
    expect(wanted.value).toBe(manager);
  });
});

describe('maxStarts', () => {
  test('lets a few start at a time, and waiting is no part of the limit of connecting', async () => {
    const rig = new PoolRig({ maxStarts: 1, timeout: { connect: 2_000, transport: 2_000 } });
    const [a, b] = [rig.get('a'), rig.get('b')];
    await settle();
    expect([rig.sessions('a').length, rig.sessions('b').length]).toEqual([1, 0]);
    rig.session('a').opened();
    await rig.clock.advance(1_500);
    rig.session('a').answered();
    await rig.clock.advance(400);
    rig.session('a').completed();
    await rig.finish('b').catch(() => {});
    await rig.clock.advance(0);
    rig.session('a').answerProbe();
    await settle();
    expect([a.value.name, b.value.name]).toEqual(['a', 'b']);
  });

  test('the turn of one that fails is the next one’s', async () => {
    const rig = new PoolRig({ maxStarts: 1, retryPolicy: false });
    const [a, b] = [rig.get('a'), rig.get('b')];
    await settle();
    rig.session('a').lost(new ConnectionError('PROCESS_EXITED', 'it is gone'));
    await rig.finish('b');
    expect(a.error).toMatchObject({ code: 'PROCESS_EXITED' });
    expect(b.value.name).toBe('b');
  });

  test('a get that ends in the line gives its turn to nobody', async () => {
    const rig = new PoolRig({ maxStarts: 1 });
    rig.get('a');
    await settle();
    const late = rig.get('b', { timeout: 100 });
    await rig.clock.advance(100);
    expect(late.error).toMatchObject({
      code: 'WAIT_TIMEOUT',
      message: expect.stringContaining('connecting'),
    });
    await rig.pool.remove('b');
    await rig.finish('a');
    const c = rig.get('c');
    await rig.finish('c');
    expect(c.value.name).toBe('c');
  });
});
