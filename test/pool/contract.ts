/** What whoever uses a pool relies on, whichever pool it is. */
import { expect, test } from 'vitest';
import type { Pool } from '../../src/pool/pool.types.js';
import { Watched } from '../rigs/poolRig.js';

/** A pool that knows `a` and `b`, and the world around it. */
export interface ContractSubject<Connection> {
  pool: Pool<Connection>;
  /** A connection of the test's own. */
  another(): Connection;
  /** Whoever wants this name waits. @returns ends the wait */
  hold(name: string): () => void;
  /** The next attempt at this name fails with this code. */
  failNext(name: string, code: 'PROCESS_EXITED'): void;
  /** Time goes by, and everything settles that can. */
  pass(milliseconds: number): Promise<void>;
}

export function contract<Connection>(make: () => ContractSubject<Connection>): void {
  const begin = () => {
    const subject = make();
    const get = (...args: Parameters<Pool<Connection>['get']>) => new Watched(subject.pool.get(...args));
    return { ...subject, get };
  };

  test('hands out one connection for each name', async () => {
    const { pool, get, pass } = begin();
    expect(pool.names).toEqual(['a', 'b']);
    expect(pool.peek('a')).toBeNull();
    const gets = [get('a'), get('a'), get('b')];
    await pass(0);
    const [one, again, other] = gets.map(({ value }) => value);
    expect(one).toBe(again);
    expect(one).not.toBe(other);
    expect(pool.peek('a')).toBe(one);
    expect(pool.stats).toMatchObject({
      total: 2,
      created: 2,
      gets: { accepted: 3, succeeded: 3, waiting: 0 },
    });
  });

  test.each(['c', '', 'constructor', '__proto__'])('knows no %j', async (name) => {
    const { pool, get, pass } = begin();
    const wanted = get(name);
    await pass(0);
    expect(wanted.error).toMatchObject({ name: 'PoolError', code: 'UNKNOWN_SERVER' });
    await expect(pool.remove(name)).rejects.toMatchObject({ code: 'UNKNOWN_SERVER' });
    expect(pool.peek(name)).toBeNull();
    expect(pool.stats.gets).toMatchObject({ accepted: 1, failed: 1 });
  });

  test('ends the wait of a caller who gives up, and of no other', async () => {
    const { pool, get, hold, pass } = begin();
    const release = hold('a');
    const cancel = new AbortController();
    const [given, kept] = [get('a', { signal: cancel.signal }), get('a')];
    await pass(0);
    expect(pool.stats.gets).toMatchObject({ accepted: 2, waiting: 2 });
    cancel.abort(new Error('the caller’s own reason'));
    await pass(0);
    expect(given.error).toBe(cancel.signal.reason);
    expect(kept.isPending).toBe(true);
    release();
    await pass(0);
    expect(kept.value).toBe(pool.peek('a'));
    expect(pool.stats.gets).toEqual({ accepted: 2, succeeded: 1, failed: 0, cancelled: 1, waiting: 0 });
  });

  test('refuses a signal that has aborted, with its reason', async () => {
    const { get, pass } = begin();
    const reason = new Error('the caller’s own reason');
    const wanted = get('a', { signal: AbortSignal.abort(reason) });
    await pass(0);
    expect(wanted.error).toBe(reason);
  });

  test('settles every get by its deadline', async () => {
    const { get, hold, pass } = begin();
    hold('a');
    const wanted = get('a', { timeout: 1_000 });
    await pass(999);
    expect(wanted.isPending).toBe(true);
    await pass(1);
    expect(wanted.error).toMatchObject({ name: 'WaitError', code: 'WAIT_TIMEOUT' });
  });

  test.each([-1, Number.NaN, 2 ** 31])('refuses a limit of %d ms, and counts nothing', async (timeout) => {
    const { pool, get, pass } = begin();
    const wanted = get('a', { timeout });
    await pass(0);
    expect(wanted.error).toMatchObject({ name: 'ConfigError', field: 'timeout' });
    expect(pool.stats.gets.accepted).toBe(0);
  });

  test('keeps a connection under one name', async () => {
    const { pool, another, pass } = begin();
    const one = another();
    await pool.put('mine', one);
    await expect(pool.put('yours', one)).rejects.toMatchObject({ name: 'ConfigError', field: 'connection' });
    await pool.put('mine', one);
    expect([pool.peek('mine'), pool.peek('yours')]).toEqual([one, null]);
    const removed = new Watched(pool.remove('mine'));
    await pass(0);
    expect(removed.value).toBeUndefined();
    expect(pool.stats.total).toBe(0);
  });

  test('tells why a connection failed, and tries again for the next', async () => {
    const { pool, get, failNext, pass } = begin();
    failNext('a', 'PROCESS_EXITED');
    const failed = get('a');
    await pass(0);
    expect(failed.error).toMatchObject({ name: 'ConnectionError', code: 'PROCESS_EXITED' });
    expect(pool.stats.gets.failed).toBe(1);
    const next = get('a');
    await pass(30_000);
    expect(next.value).toBe(pool.peek('a'));
  });

  test('takes a connection of somebody’s own, in place of another, too', async () => {
    const { pool, get, another, pass } = begin();
    const [one, other] = [another(), another()];
    await pool.put('mine', one);
    expect(pool.names).toContain('mine');
    const wanted = get('mine');
    await pass(0);
    expect(wanted.value).toBe(one);
    const put = new Watched(pool.put('mine', other));
    await pass(0);
    expect(put.value).toBeUndefined();
    const again = get('mine');
    await pass(0);
    expect(again.value).toBe(other);
    expect(pool.stats.total).toBe(1);
  });

  test('begins anew what was removed', async () => {
    const { pool, get, pass } = begin();
    const first = get('a');
    await pass(0);
    const removed = new Watched(pool.remove('a'));
    await pass(0);
    expect(removed.value).toBeUndefined();
    expect(pool.peek('a')).toBeNull();
    expect(pool.stats.total).toBe(0);
    const second = get('a');
    await pass(0);
    expect(second.value).not.toBe(first.value);
    expect(pool.stats.created).toBe(2);
  });

  test('restarts the same connection, and what is not there yet', async () => {
    const { pool, pass } = begin();
    const first = new Watched(pool.restart('a'));
    await pass(0);
    const again = new Watched(pool.restart('a'));
    await pass(0);
    expect(again.value).toBe(first.value);
    expect(pool.stats).toMatchObject({ total: 1, gets: { accepted: 2, succeeded: 2 } });
  });

  test.each([
    ['drain', (pool: Pool<Connection>) => pool.drain()],
    ['disposal', (pool: Pool<Connection>) => pool[Symbol.asyncDispose]()],
  ])('after its %s nothing is handed out or put, and who waits is told', async (_, leave) => {
    const end = async (pool: Pool<Connection>) => leave(pool);
    const { pool, get, hold, another, pass } = begin();
    get('a');
    await pass(0);
    hold('b');
    const waiting = get('b');
    await pass(0);
    const ended = new Watched(end(pool));
    await pass(0);
    expect(ended.value).toBeUndefined();
    const late = get('a');
    await pass(0);
    for (const { error } of [waiting, late]) {
      expect(error).toMatchObject({ name: 'PoolError', code: 'POOL_CLOSED' });
    }
    await expect(pool.put('mine', another())).rejects.toMatchObject({ code: 'POOL_CLOSED' });
    expect(pool.peek('a')).toBeNull();
    expect(pool.stats).toMatchObject({
      total: 0,
      gets: { accepted: 3, succeeded: 1, failed: 2, waiting: 0 },
    });
    await end(pool);
  });

  test('tells listeners until they want to hear no more', () => {
    const { pool } = begin();
    const stop = pool.on('state', () => {});
    stop();
    stop();
    expect(pool.entries).toEqual([]);
  });
}
