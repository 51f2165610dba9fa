/** What `get` hands out, and when. */
import { describe, expect, test } from 'vitest';
import { ConnectionError } from '../../src/errors.js';
import { settle } from '../../src/testing/steppingClock.js';
import { PoolRig } from '../rigs/poolRig.js';

const lost = (code: ConstructorParameters<typeof ConnectionError>[0] = 'PROCESS_EXITED') =>
  new ConnectionError(code, 'it is gone');

describe('a cold name', () => {
  test('row 43: a hundred gets make one session; fifty are cancelled, fifty served', async () => {
    const rig = new PoolRig();
    const cancels = Array.from({ length: 50 }, () => new AbortController());
    const gets = Array.from({ length: 100 }, (_, index) =>
      rig.get('a', index % 2 === 0 ? { signal: cancels[index / 2]?.signal } : {}),
    );
    await settle();
    for (const cancel of cancels) cancel.abort(new Error('the caller’s own reason'));
    await rig.finish('a');
    expect(rig.sessions('a')).toHaveLength(1);
    const served = gets.filter((_, index) => index % 2 === 1).map(({ value }) => value);
    expect(new Set(served).size).toBe(1);
    expect(gets.filter((_, index) => index % 2 === 0).map(({ error }) => error)).toEqual(
      cancels.map(({ signal }) => signal.reason),
    );
    expect(rig.pool.stats.gets).toEqual({
      accepted: 100,
      succeeded: 50,
      failed: 0,
      cancelled: 50,
      waiting: 0,
    });
  });

  test('that everybody gave up is open for whoever comes next', async () => {
    const rig = new PoolRig();
    const cancel = new AbortController();
    const given = rig.get('a', { signal: cancel.signal });
    await settle();
    cancel.abort();
    await rig.finish('a');
    expect(given.error).toBe(cancel.signal.reason);
    const next = rig.get('a');
    await settle();
    expect(next.value.state.status).toBe('connected');
    expect(rig.sessions('a')).toHaveLength(1);
  });

  test('row 23: a name of an object’s prototype is an unknown one', async () => {
    const rig = new PoolRig();
    for (const name of ['constructor', '__proto__', 'toString']) {
      const wanted = rig.get(name);
      await settle();
      expect(wanted.error).toMatchObject({ code: 'UNKNOWN_SERVER' });
      await expect(rig.pool.remove(name)).rejects.toMatchObject({ code: 'UNKNOWN_SERVER' });
    }
    expect(rig.pool.stats.created).toBe(0);
  });

  test('configured under such a name is a server like any other', async () => {
    const rig = new PoolRig({ servers: { constructor: {} } });
    expect((await rig.up('constructor')).name).toBe('constructor');
  });

  test('with a signal that has aborted is not even counted', async () => {
    const rig = new PoolRig();
    const wanted = rig.get('a', { signal: AbortSignal.abort() });
    await settle();
    expect(wanted.error).toMatchObject({ name: 'AbortError' });
    expect(rig.pool.stats.gets.accepted).toBe(0);
  });

  test('with a timeout that cannot work is refused by its name', async () => {
    const rig = new PoolRig();
    await expect(rig.pool.get('a', { timeout: -1 })).rejects.toMatchObject({ field: 'timeout' });
  });
});

describe('freshness', () => {
  test('a connection heard of just within it is handed out unasked, and asked beyond', async () => {
    const rig = new PoolRig({ freshness: 500 });
    await rig.up('a');
    const { probes } = rig.session('a');
    await rig.clock.advance(500);
    const fresh = rig.get('a');
    await settle();
    expect(fresh.value.name).toBe('a');
    expect(probes).toHaveLength(1);
    await rig.clock.advance(1);
    const stale = rig.get('a');
    await settle();
    expect(stale.isPending).toBe(true);
    expect(probes).toHaveLength(2);
  });

  test('any frame is a proof of life', async () => {
    const rig = new PoolRig();
    await rig.up('a');
    await rig.clock.advance(10_000);
    rig.session('a').heard();
    const wanted = rig.get('a');
    await settle();
    expect(wanted.value.name).toBe('a');
    expect(rig.session('a').probes).toHaveLength(1);
  });

  test('one probe answers everybody who waits', async () => {
    const rig = new PoolRig();
    await rig.up('a');
    await rig.clock.advance(1_000);
    const gets = Array.from({ length: 20 }, () => rig.get('a'));
    await settle();
    expect(rig.session('a').probes).toHaveLength(2);
    expect(gets.every(({ isPending }) => isPending)).toBe(true);
    rig.session('a').answerProbe();
    await settle();
    expect(new Set(gets.map(({ value }) => value)).size).toBe(1);
    expect(rig.session('a').probes).toHaveLength(2);
  });

  test('a routine look that is content with older traffic does not answer', async () => {
    const rig = new PoolRig({ healthCheck: { interval: 10_000 } });
    await rig.up('a');
    await rig.clock.advance(9_000);
    rig.session('a').heard();
    await rig.clock.advance(600);
    const wanted = rig.get('a');
    await settle();
    rig.session('a').answerProbe();
    await settle();
    expect(wanted.value.name).toBe('a');
    expect(rig.session('a').probes).toHaveLength(2);
  });

  test('without health checks nothing is asked', async () => {
    const rig = new PoolRig({ healthCheck: false });
    await rig.up('a');
    await rig.clock.advance(1_000_000);
    const wanted = rig.get('a');
    await settle();
    expect(wanted.value.name).toBe('a');
    expect(rig.session('a').probes).toHaveLength(0);
  });
});

describe('a server that does not answer', () => {
  const healthCheck = { interval: 30_000, timeout: 5_000, failureThreshold: 3, confirmAfter: 1_000 };

  test('three failures in a row, of gets and of background probes, make a new session, and the get goes on', async () => {
    const rig = new PoolRig({ healthCheck });
    const manager = await rig.up('a');
    // The first failure is a background probe's.
    await rig.clock.advance(30_000);
    rig.session('a').failProbe();
    await settle();
    expect(manager.health).toMatchObject({ status: 'degraded' });
    // The second is the get's own, the third confirms it.
    const wanted = rig.get('a');
    await settle();
    expect(rig.session('a').probes).toHaveLength(3);
    rig.session('a').failProbe();
    await settle();
    expect(rig.sessions('a')).toHaveLength(1);
    await rig.clock.advance(1_000);
    rig.session('a').failProbe();
    await settle();
    // A new session of the same connection; the old one has ended.
    await rig.clock.advance(1_000);
    expect(rig.sessions('a')).toHaveLength(2);
    expect(rig.live).toEqual([rig.session('a')]);
    await rig.finish('a');
    expect(wanted.value).toBe(manager);
    expect(manager.stats.disconnects).toEqual({ UNHEALTHY: 1 });
    expect(rig.pool.stats.created).toBe(1);
  });

  test('is given five seconds for its answer, where nothing else is said', async () => {
    const rig = new PoolRig();
    const manager = await rig.up('a');
    await rig.clock.advance(1_000);
    rig.get('a');
    await rig.clock.advance(4_999);
    expect(manager.health).toEqual({ status: 'healthy' });
    await rig.clock.advance(1);
    expect(manager.health).toMatchObject({ status: 'degraded' });
  });

  test('one that answers again before the third is handed out, in the same session', async () => {
    const rig = new PoolRig({ healthCheck });
    const manager = await rig.up('a');
    await rig.clock.advance(1_000);
    const wanted = rig.get('a');
    await settle();
    rig.session('a').failProbe();
    await rig.clock.advance(1_000);
    expect(wanted.isPending).toBe(true);
    rig.session('a').answerProbe();
    await settle();
    expect(wanted.value).toBe(manager);
    expect(rig.sessions('a')).toHaveLength(1);
  });

  test('one that says something else while it is asked is alive', async () => {
    const rig = new PoolRig({ healthCheck });
    await rig.up('a');
    await rig.clock.advance(1_000);
    const [one, other] = [rig.get('a'), rig.get('a')];
    await settle();
    rig.session('a').failProbe();
    // Both wait for the next probe, which stays unanswered while frames come in.
    await rig.clock.advance(1_000);
    rig.session('a').heard();
    await rig.clock.advance(5_000);
    expect([one.value, other.value].map(({ name }) => name)).toEqual(['a', 'a']);
  });

  test('row 38: an answer to a question that the machine slept over is not the answer to the next one', async () => {
    const rig = new PoolRig();
    const manager = await rig.up('a');
    await rig.clock.advance(1_100);
    const wanted = rig.get('a');
    await settle();
    rig.session('a').answerProbe();
    // In the same moment: what it was asked does not count any more, and it falls silent.
    manager.actor.send({ type: 'system.woke', random: 0.5 });
    await rig.clock.advance(6_000);
    expect(manager.health?.status).toBe('degraded');
    expect(wanted.isPending).toBe(true);
  });

  test('each get ends at its own deadline, with the last failure as the cause', async () => {
    const rig = new PoolRig({ healthCheck });
    await rig.up('a');
    await rig.clock.advance(1_000);
    const [hasty, patient] = [rig.get('a', { timeout: 2_000 }), rig.get('a')];
    await rig.clock.advance(2_000);
    expect(hasty.error).toMatchObject({ code: 'WAIT_TIMEOUT' });
    expect(patient.isPending).toBe(true);
    rig.session('a').answerProbe();
    await settle();
    expect(patient.value.name).toBe('a');
  });
});

describe('a loss', () => {
  test('begins a new session at once where the connection was stable; the get waits for it', async () => {
    const rig = new PoolRig({ retryPolicy: { stableAfter: 1_000 }, healthCheck: { interval: 2_000 } });
    const manager = await rig.up('a');
    await rig.clock.advance(2_000);
    rig.session('a').answerProbe();
    await settle();
    rig.session('a').lost(lost());
    const wanted = rig.get('a');
    await settle();
    expect(rig.sessions('a')).toHaveLength(2);
    expect(rig.live).toHaveLength(1);
    await rig.finish('a');
    expect(wanted.value).toBe(manager);
  });

  test('of a connection that was not stable yet begins one under the backoff; the get waits for that, too', async () => {
    const rig = new PoolRig();
    const manager = await rig.up('a');
    await rig.clock.advance(10_000);
    rig.session('a').heard();
    rig.session('a').lost(new ConnectionError('PROCESS_EXITED', 'it is gone'));
    const wanted = rig.get('a');
    await settle();
    expect(manager.state.status).toBe('reconnecting');
    expect(rig.sessions('a')).toHaveLength(1);
    await rig.clock.advance(500);
    await rig.finish('a');
    expect(rig.sessions('a')).toHaveLength(2);
    expect(wanted.value).toBe(manager);
  });

  test('of one server changes nothing for the others', async () => {
    const rig = new PoolRig();
    await Promise.all([rig.up('a'), rig.up('b')]);
    rig.session('a').lost(lost());
    const wanted = rig.get('b');
    await settle();
    expect(wanted.value.state.status).toBe('connected');
    expect(rig.sessions('b')).toHaveLength(1);
  });
});

describe('a failed entry', () => {
  test('tells everybody why, and tries again for the next, at the pace of the backoff', async () => {
    const rig = new PoolRig({
      retryPolicy: {
        initialAttempts: 1,
        jitter: 'none',
        backoffStrategy: { type: 'exponential', initial: 500, multiplier: 2, maxDelay: 30_000 },
      },
    });
    const fail = async () => {
      await settle();
      rig.session('a').lost(lost());
      await settle();
    };
    const gets = [rig.get('a'), rig.get('a')];
    await fail();
    for (const { error } of gets) {
      expect(error).toBeInstanceOf(ConnectionError);
      expect(error).toMatchObject({ code: 'PROCESS_EXITED', message: expect.stringContaining('a: ') });
    }
    expect(rig.pool.stats).toMatchObject({ total: 0, failed: 1 });

    // It waits for 500 ms, then for 1000.
    const again = rig.get('a');
    await rig.clock.advance(499);
    expect(rig.sessions('a')).toHaveLength(1);
    await rig.clock.advance(1);
    expect(rig.sessions('a')).toHaveLength(2);
    await fail();
    expect(again.error).toMatchObject({ code: 'PROCESS_EXITED' });
    const third = rig.get('a');
    await rig.clock.advance(999);
    expect(rig.sessions('a')).toHaveLength(2);
    await rig.clock.advance(1);
    await rig.finish('a');
    expect(third.value.state.status).toBe('connected');
    expect(rig.pool.entries[0]).toMatchObject({ failures: 0, error: null });
  });

  test('that nobody wants is left alone, and begins at once when the wait is over', async () => {
    const rig = new PoolRig({ retryPolicy: { initialAttempts: 1 } });
    rig.get('a');
    await settle();
    rig.session('a').lost(lost());
    await rig.clock.advance(60_000);
    expect(rig.sessions('a')).toHaveLength(1);
    expect(rig.pool.stats.failed).toBe(0);
    const next = rig.get('a');
    await rig.finish('a');
    expect(next.value.state.status).toBe('connected');
  });

  test('is not tried for somebody who gave up', async () => {
    const rig = new PoolRig({ retryPolicy: { initialAttempts: 1 } });
    rig.get('a');
    await settle();
    rig.session('a').lost(lost());
    await settle();
    const cancel = new AbortController();
    rig.get('a', { signal: cancel.signal });
    cancel.abort();
    await rig.clock.advance(60_000);
    expect(rig.sessions('a')).toHaveLength(1);
  });

  test('ends a get at its deadline, with the failure as the cause', async () => {
    const rig = new PoolRig({
      retryPolicy: {
        initialAttempts: 1,
        jitter: 'none',
        minDelay: 5_000,
        backoffStrategy: { type: 'constant', delay: 5_000 },
      },
    });
    rig.get('a');
    await settle();
    rig.session('a').lost(lost());
    await settle();
    const wanted = rig.get('a', { timeout: 1_000 });
    await rig.clock.advance(1_000);
    expect(wanted.error).toMatchObject({
      code: 'WAIT_TIMEOUT',
      cause: { code: 'PROCESS_EXITED' },
      message: expect.stringContaining('failed'),
    });
  });

  test('whose error is fatal can be had when its cause is gone', async () => {
    const rig = new PoolRig();
    const wanted = rig.get('a');
    await settle();
    rig.session('a').lost(lost('COMMAND_NOT_FOUND'));
    await settle();
    expect(wanted.error).toMatchObject({ code: 'COMMAND_NOT_FOUND' });
    const next = rig.get('a');
    await rig.clock.advance(500);
    await rig.finish('a');
    expect(next.value.state.status).toBe('connected');
  });

  test('whose last session would not end waits for its end, and then opens', async () => {
    const rig = new PoolRig({ timeout: { release: 1_000 } });
    const manager = await rig.up('a');
    const old = rig.session('a');
    old.holdsEnd = true;
    old.lost(lost());
    await rig.clock.advance(1_000);
    expect(manager.state).toMatchObject({ status: 'failed', error: { code: 'RELEASE_FAILED' } });
    const wanted = rig.get('a');
    await rig.clock.advance(500);
    expect(manager.state.status).toBe('closing');
    expect(wanted.isPending).toBe(true);
    old.finishClosing();
    await rig.finish('a');
    expect(wanted.value).toBe(manager);
    expect(rig.live).toHaveLength(1);
  });
});

describe('authorization', () => {
  test('is told at once, to everybody, until somebody has acted', async () => {
    const rig = new PoolRig();
    const gets = [rig.get('a'), rig.get('a')];
    await settle();
    rig.session('a').lost(lost('AUTHORIZATION_REQUIRED'));
    await settle();
    for (const { error } of gets) expect(error).toMatchObject({ code: 'AUTHORIZATION_REQUIRED' });
    const later = rig.get('a');
    await settle();
    expect(later.error).toMatchObject({ code: 'AUTHORIZATION_REQUIRED' });
    expect(rig.sessions('a')).toHaveLength(1);
  });

  test('under way is waited for, whatever comes of it', async () => {
    const rig = new PoolRig();
    const first = rig.get('a');
    await settle();
    rig.session('a').lost(lost('AUTHORIZATION_REQUIRED'));
    await settle();
    expect(first.error).toMatchObject({ code: 'AUTHORIZATION_REQUIRED' });
    const manager = rig.pool.peek('a');
    const authorized = manager?.authorize('wrong code');
    const refused = rig.get('a');
    await settle();
    expect(refused.isPending).toBe(true);
    rig.session('a').authorizationRefused(new Error('wrong code'));
    await expect(authorized).rejects.toMatchObject({ code: 'AUTHORIZATION_FAILED' });
    await settle();
    expect(refused.error).toMatchObject({ code: 'AUTHORIZATION_FAILED' });
  });
});
