/** How connections come into the pool and leave it, and how the pool ends. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ConnectionManager } from '../../src/connection/ConnectionManager.js';
import { ConnectionError } from '../../src/errors.js';
import { settle } from '../../src/testing/steppingClock.js';
import { longCall, PoolRig, Watched } from '../rigs/poolRig.js';

// XState warns about events to an actor that is over.
beforeEach(() => {
  vi.spyOn(console, 'warn');
});

afterEach(() => {
  expect(console.warn).not.toHaveBeenCalled();
  vi.restoreAllMocks();
});

function own(rig: PoolRig, name = 'own'): ConnectionManager {
  return new ConnectionManager({ name, ...rig.server(name), clock: rig.clock, random: () => 0.5 });
}

async function connected(rig: PoolRig, name = 'own'): Promise<ConnectionManager> {
  const manager = own(rig, name);
  const up = manager.connect();
  await rig.finish(name);
  await up;
  return manager;
}

describe('put', () => {
  test('makes a connection of somebody’s own known by its name', async () => {
    const rig = new PoolRig();
    const manager = await connected(rig);
    await rig.pool.put('mine', manager);
    expect(rig.pool.names).toEqual(['a', 'b', 'c', 'mine']);
    const wanted = rig.get('mine');
    await settle();
    expect(wanted.value).toBe(manager);
    expect(rig.pool.stats).toMatchObject({ total: 1, created: 0 });
  });

  test('a connection that is not open is opened when it is wanted', async () => {
    const rig = new PoolRig();
    const manager = own(rig);
    await rig.pool.put('mine', manager);
    expect(rig.pool.stats.total).toBe(0);
    const wanted = rig.get('mine');
    await rig.finish('own');
    expect(wanted.value).toBe(manager);
  });

  test('row 44: in the middle of a check, the old one has ended before the new one is visible', async () => {
    const rig = new PoolRig();
    await rig.up('a');
    await rig.clock.advance(1_000);
    const old = rig.session('a');
    old.holdsEnd = true;
    const waiting = rig.get('a');
    await settle();
    expect(old.probes).toHaveLength(2);
    const manager = await connected(rig);
    const put = new Watched(rig.pool.put('a', manager));
    const later = rig.get('a');
    await settle();
    old.probes.at(-1)?.answer();
    await settle();
    expect([put.isPending, waiting.isPending, later.isPending]).toEqual([true, true, true]);
    expect(rig.pool.peek('a')).toBeNull();
    old.drained();
    await settle();
    expect([old.isClosing, put.isPending, later.isPending]).toEqual([true, true, true]);
    old.finishClosing();
    await settle();
    expect(put.value).toBeUndefined();
    expect([waiting.value, later.value]).toEqual([manager, manager]);
    expect(rig.sessions('a')).toHaveLength(1);
  });

  test('several come one after the other, and the last one stays', async () => {
    const rig = new PoolRig();
    const [one, other] = [await connected(rig, 'one'), await connected(rig, 'other')];
    const puts = [new Watched(rig.pool.put('a', one)), new Watched(rig.pool.put('a', other))];
    await settle();
    for (const put of puts) expect(put.value).toBeUndefined();
    expect(rig.pool.peek('a')).toBe(other);
    expect(one.state.status).toBe('terminated');
  });

  test('the same connection again changes nothing; under another name it is refused, and so is one that is over', async () => {
    const rig = new PoolRig();
    const manager = await connected(rig);
    await rig.pool.put('mine', manager);
    await rig.pool.put('mine', manager);
    expect(manager.state.status).toBe('connected');
    await expect(rig.pool.put('b', manager)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    await rig.pool.remove('mine');
    await expect(rig.pool.put('mine', manager)).rejects.toMatchObject({ code: 'TERMINATED' });
  });

  test('twice in one tick is once', async () => {
    const rig = new PoolRig();
    const manager = await connected(rig);
    const puts = [new Watched(rig.pool.put('mine', manager)), new Watched(rig.pool.put('mine', manager))];
    await settle();
    for (const put of puts) expect(put.value).toBeUndefined();
    expect(manager.state.status).toBe('connected');
    expect(rig.pool.peek('mine')).toBe(manager);
  });

  test('under two names in one tick is refused under the second, where nothing ends for it', async () => {
    const rig = new PoolRig();
    const [manager, b] = [await connected(rig), await rig.up('b')];
    const [one, other] = [new Watched(rig.pool.put('a', manager)), new Watched(rig.pool.put('b', manager))];
    await settle();
    expect(one.value).toBeUndefined();
    expect(other.error).toMatchObject({ code: 'CONFIG_INVALID' });
    expect(rig.pool.peek('a')).toBe(manager);
    expect(b.state.status).toBe('connected');
  });

  test('in the tick in which it was removed is refused: it is on its way out', async () => {
    const rig = new PoolRig();
    const manager = await connected(rig);
    await rig.pool.put('mine', manager);
    const [removed, put] = [new Watched(rig.pool.remove('mine')), new Watched(rig.pool.put('mine', manager))];
    await settle();
    expect(removed.value).toBeUndefined();
    expect(put.error).toMatchObject({ code: 'TERMINATED' });
    expect(rig.pool.peek('mine')).toBeNull();
    expect(rig.pool.names).not.toContain('mine');
  });

  test('one that is refused can be put elsewhere', async () => {
    const rig = new PoolRig({ timeout: { release: 1_000 } });
    const [manager] = [await connected(rig), await rig.up('a')];
    rig.session('a').holdsEnd = true;
    const put = new Watched(rig.pool.put('a', manager));
    await settle();
    rig.session('a').drained();
    await rig.clock.advance(1_000);
    expect(put.error).toMatchObject({ code: 'RELEASE_FAILED' });
    await rig.pool.put('b', manager);
    expect(rig.pool.peek('b')).toBe(manager);
  });

  test('keeps to the policies that the connection was made with', async () => {
    const rig = new PoolRig({ freshness: 500 });
    const manager = new ConnectionManager({
      name: 'own',
      ...rig.server('own'),
      clock: rig.clock,
      healthCheck: false,
    });
    await rig.pool.put('mine', manager);
    const wanted = rig.get('mine');
    await rig.finish('own');
    expect(wanted.value).toBe(manager);
    await rig.clock.advance(10_000);
    // It asks for no health checks: nothing would ever prove it alive again.
    const later = rig.get('mine');
    await settle();
    expect(later.value).toBe(manager);
  });
});

describe('remove', () => {
  test('lets calls in flight finish; the next get begins anew', async () => {
    const rig = new PoolRig();
    const manager = await rig.up('a');
    const call = longCall(manager);
    await settle();
    const removed = new Watched(rig.pool.remove('a'));
    const wanted = rig.get('a');
    await settle();
    expect([removed.isPending, wanted.isPending, call.watched.isPending]).toEqual([true, true, true]);
    expect(rig.pool.stats).toMatchObject({ total: 1, closing: 1 });
    call.end();
    await settle();
    expect(call.watched.value).toBeUndefined();
    expect(removed.value).toBeUndefined();
    await rig.finish('a');
    expect(wanted.value).not.toBe(manager);
    expect(rig.live).toHaveLength(1);
  });

  test('ends what was put in the same tick, and what comes in the place of another', async () => {
    const rig = new PoolRig();
    const [one, other] = [await connected(rig, 'one'), await connected(rig, 'other')];
    const wanted = rig.get('a');
    const done = [
      [rig.pool.put('mine', one), rig.pool.remove('mine')],
      [rig.pool.put('a', other), rig.pool.remove('a')],
    ].map((pair) => new Watched(Promise.all(pair)));
    await settle();
    for (const { seen } of done) expect(seen).toHaveProperty('value');
    expect(wanted.value).toBe(other);
    expect([one, other].map(({ state }) => state.status)).toEqual(['terminated', 'terminated']);
    expect([rig.pool.peek('mine'), rig.pool.peek('a')]).toEqual([null, null]);
  });

  test('of what is not open is nothing, twice in one tick, too', async () => {
    const rig = new PoolRig();
    await rig.pool.remove('a');
    await rig.up('a');
    await Promise.all([rig.pool.remove('a'), rig.pool.remove('a')]);
    await rig.pool.remove('a');
    expect(rig.pool.stats.total).toBe(0);
  });

  test('says when the session would not end', async () => {
    const rig = new PoolRig({ timeout: { release: 1_000 } });
    await rig.up('a');
    rig.session('a').holdsEnd = true;
    const removed = new Watched(rig.pool.remove('a'));
    await settle();
    rig.session('a').drained();
    await rig.clock.advance(1_000);
    expect(removed.error).toBeInstanceOf(ConnectionError);
    expect(removed.error).toMatchObject({ code: 'RELEASE_FAILED' });
    expect(rig.pool.peek('a')).toBeNull();
  });
});

describe('restart', () => {
  test('is a new session of the same connection, once for all who ask', async () => {
    const rig = new PoolRig();
    const manager = await rig.up('a');
    const restarts = [new Watched(rig.pool.restart('a')), rig.get('a')];
    await settle();
    expect(rig.sessions('a')).toHaveLength(2);
    expect(restarts.map(({ isPending }) => isPending)).toEqual([true, true]);
    await rig.finish('a');
    expect(restarts.map(({ value }) => value)).toEqual([manager, manager]);
    expect(rig.live).toHaveLength(1);
  });

  test('begins what is not there, and ends the wait after a failure', async () => {
    const rig = new PoolRig({ retryPolicy: { initialAttempts: 1, minDelay: 30_000 } });
    const first = new Watched(rig.pool.restart('a'));
    await settle();
    rig.session('a').lost(new ConnectionError('PROCESS_EXITED', 'it is gone'));
    await settle();
    expect(first.error).toMatchObject({ code: 'PROCESS_EXITED' });
    const again = new Watched(rig.pool.restart('a'));
    await rig.finish('a');
    expect(again.value.state.status).toBe('connected');
  });

  test('asked for by a listener, in the middle of a step, is a new session all the same', async () => {
    const rig = new PoolRig();
    let restarted: Watched<ConnectionManager> | null = null;
    const stop = rig.pool.on('state', (name, { to }) => {
      if (to.status !== 'connected') return;
      stop();
      restarted = new Watched(rig.pool.restart(name));
    });
    rig.get('a');
    await rig.finish('a');
    expect(rig.sessions('a')).toHaveLength(2);
    const watched = restarted as Watched<ConnectionManager> | null;
    expect(watched?.isPending).toBe(true);
    await rig.finish('a');
    expect(watched?.value.state.status).toBe('connected');
  });
});

describe('a connection that its user', () => {
  test('disconnects is opened again for whoever wants it; who waited is told', async () => {
    const rig = new PoolRig();
    const opening = rig.get('a');
    await settle();
    const manager = rig.pool.peek('a');
    await manager?.disconnect();
    await settle();
    expect(opening.error).toMatchObject({ code: 'SUPERSEDED' });
    const next = rig.get('a');
    await rig.finish('a');
    expect(next.value).toBe(manager);
  });

  test('is disconnecting is opened again when it has ended', async () => {
    const rig = new PoolRig();
    const manager = await rig.up('a');
    const old = rig.session('a');
    old.holdsEnd = true;
    const disconnected = new Watched(manager.disconnect());
    await settle();
    const wanted = rig.get('a');
    await settle();
    expect(disconnected.error).toMatchObject({ code: 'SUPERSEDED' });
    old.drained();
    await settle();
    expect(rig.sessions('a')).toHaveLength(1);
    old.finishClosing();
    await rig.finish('a');
    expect(wanted.value).toBe(manager);
    expect(rig.live).toHaveLength(1);
  });

  test('terminates is begun anew', async () => {
    const rig = new PoolRig();
    const manager = await rig.up('a');
    rig.session('a').holdsEnd = true;
    const terminated = manager.terminate();
    const during = rig.get('a');
    await settle();
    expect(rig.sessions('a')).toHaveLength(1);
    rig.session('a').drained();
    await settle();
    rig.session('a').finishClosing();
    await terminated;
    await rig.finish('a');
    expect(during.value).not.toBe(manager);
    expect(rig.live).toHaveLength(1);
    expect(rig.pool.stats).toMatchObject({ total: 1, created: 2 });
  });

  /** A breach of the chart's own contract: nothing that the outside can do. */
  function stopChart({ actor }: ConnectionManager): void {
    Reflect.apply(Reflect.get(actor, '_process'), actor, [
      {
        type: 'session.lost',
        get error(): never {
          throw new Error('broken');
        },
      },
    ]);
  }

  test('and one whose chart stops is told to whoever waits', async () => {
    const rig = new PoolRig();
    const manager = await rig.up('a');
    await rig.clock.advance(1_000);
    const wanted = rig.get('a');
    await settle();
    stopChart(manager);
    await settle();
    expect(wanted.error).toMatchObject({ name: 'ConnectionError', code: 'INTERNAL_ERROR' });
  });

  test('and one whose chart has stopped is begun anew', async () => {
    const rig = new PoolRig();
    const manager = await rig.up('a');
    stopChart(manager);
    await settle();
    expect(manager.state).toMatchObject({ status: 'failed', error: { code: 'INTERNAL_ERROR' } });
    const wanted = rig.get('a');
    await rig.clock.advance(30_000);
    await rig.finish('a');
    expect(wanted.value).not.toBe(manager);
  });
});

describe('listeners', () => {
  test('are told of every connection by its name, also after one that throws', async () => {
    const logger = { debug: () => {}, warn: vi.fn() };
    const rig = new PoolRig({ logger });
    const told = { state: vi.fn(), health: vi.fn(), call: vi.fn() };
    for (const event of ['state', 'health', 'call'] as const) {
      rig.pool.on(event, () => {
        throw new Error('broken');
      });
      rig.pool.on(event, told[event]);
    }
    const manager = await rig.up('a');
    const call = longCall(manager);
    await settle();
    call.end();
    await settle();
    expect(told.state.mock.lastCall).toEqual(['a', expect.objectContaining({ to: manager.state })]);
    expect(told.health).toHaveBeenCalledWith('a', { status: 'healthy' });
    expect(told.call).toHaveBeenCalledWith('a', expect.objectContaining({ outcome: 'succeeded' }));
    expect(logger.warn).toHaveBeenCalledWith(expect.stringContaining('broken'));
    await rig.pool.remove('a');
    const { length } = told.state.mock.calls;
    const anew = rig.get('a');
    await rig.finish('a');
    expect(anew.value.name).toBe('a');
    expect(told.state.mock.calls.length).toBeGreaterThan(length);
  });

  test('may ask for the connection that they are told of', async () => {
    const rig = new PoolRig({ freshness: 'unlimited' });
    await rig.up('a');
    let asked: Watched<ConnectionManager> | null = null;
    rig.pool.on('state', (name, { to }) => {
      if (to.status === 'reconnecting') asked ??= rig.get(name);
    });
    rig.session('a').lost(new ConnectionError('PROCESS_EXITED', 'it is gone'));
    await settle();
    const watched = asked as Watched<ConnectionManager> | null;
    expect(watched?.isPending).toBe(true);
    await rig.clock.advance(500);
    await rig.finish('a');
    expect(watched?.value.state.status).toBe('connected');
  });
});

describe('drain', () => {
  test('calls in flight finish; nothing is handed out, begun or put; what is idle ends at once', async () => {
    const rig = new PoolRig();
    const [a, b] = [await rig.up('a'), await rig.up('b')];
    const call = longCall(a);
    const opening = rig.get('c');
    await settle();
    const drained = new Watched(rig.pool.drain());
    await settle();
    expect(opening.error).toMatchObject({ code: 'POOL_CLOSED' });
    expect(b.state.status).toBe('terminated');
    expect(rig.live).toEqual([rig.session('a')]);
    const late = rig.get('a');
    await settle();
    expect(late.error).toMatchObject({ code: 'POOL_CLOSED', message: 'the pool is draining' });
    await expect(rig.pool.put('x', own(rig))).rejects.toMatchObject({ code: 'POOL_CLOSED' });
    expect(drained.isPending).toBe(true);
    call.end();
    await settle();
    expect(call.watched.value).toBeUndefined();
    expect(drained.value).toBeUndefined();
    expect([rig.live, rig.clock.delays]).toEqual([[], []]);
    expect(rig.pool.stats).toMatchObject({ total: 0, gets: { accepted: 4, failed: 2, waiting: 0 } });
    // Again, and after the end.
    await rig.pool.drain();
    await rig.pool[Symbol.asyncDispose]();
  });

  test('does not wait longer for calls than limits.drain', async () => {
    const rig = new PoolRig({ limits: { drain: 5_000 }, timeout: { drain: 2_000 } });
    const manager = await rig.up('a');
    const call = longCall(manager);
    const drained = new Watched(rig.pool.drain());
    await rig.clock.advance(5_000);
    expect(drained.isPending).toBe(true);
    // The connection has a limit of its own for its goodbye.
    await rig.clock.advance(2_000);
    expect(drained.value).toBeUndefined();
    expect(rig.live).toEqual([]);
    call.end();
    await settle();
    expect(rig.clock.delays).toEqual([]);
  });

  test('names what would not end, within limits.close', async () => {
    const rig = new PoolRig({ limits: { close: 500 }, timeout: { release: 1_000 } });
    await rig.up('a');
    rig.session('a').holdsEnd = true;
    const drained = new Watched(rig.pool[Symbol.asyncDispose]());
    await rig.clock.advance(500);
    expect(drained.error).toMatchObject({
      code: 'RELEASE_FAILED',
      message: expect.stringContaining('limits.close'),
    });
  });

  test('tells which connection failed to end while it drained', async () => {
    const rig = new PoolRig({ timeout: { release: 1_000 } });
    const [a] = [await rig.up('a'), await rig.up('b')];
    const call = longCall(a);
    rig.session('b').holdsEnd = true;
    const drained = new Watched(rig.pool.drain());
    await settle();
    rig.session('b').drained();
    await rig.clock.advance(1_000);
    call.end();
    await settle();
    expect(drained.error).toMatchObject({ code: 'RELEASE_FAILED', message: expect.stringMatching(/^b: /) });
  });

  test('refuses who is being put in the place of another, which ends', async () => {
    const rig = new PoolRig();
    await rig.up('a');
    rig.session('a').holdsEnd = true;
    const manager = own(rig);
    const put = new Watched(rig.pool.put('a', manager));
    await settle();
    const closed = new Watched(rig.pool[Symbol.asyncDispose]());
    await settle();
    rig.session('a').drained();
    await settle();
    rig.session('a').finishClosing();
    await settle();
    expect(put.error).toMatchObject({ code: 'POOL_CLOSED' });
    expect(closed.value).toBeUndefined();
    expect(manager.state.status).toBe('disconnected');
  });

  test('ends everything while one that is replaced takes its time', async () => {
    const rig = new PoolRig({ limits: { close: 500 } });
    await rig.up('a');
    await rig.up('b');
    rig.session('a').holdsEnd = true;
    const put = new Watched(rig.pool.put('a', own(rig)));
    await settle();
    const closed = new Watched(rig.pool[Symbol.asyncDispose]());
    await settle();
    expect(rig.live).toEqual([rig.session('a')]);
    await rig.clock.advance(500);
    expect(closed.error).toMatchObject({ message: expect.stringContaining('limits.close') });
    expect(put.isPending).toBe(true);
  });

  test('disposal does not wait for the drain that is under way', async () => {
    const rig = new PoolRig({ timeout: { drain: 1_000 } });
    const manager = await rig.up('a');
    longCall(manager);
    const drained = new Watched(rig.pool.drain());
    await settle();
    const closed = new Watched(rig.pool[Symbol.asyncDispose]());
    await rig.clock.advance(1_000);
    expect([drained.value, closed.value]).toEqual([undefined, undefined]);
  });
});
