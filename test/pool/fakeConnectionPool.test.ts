import { describe, expect, test, vi } from 'vitest';
import { ConnectionError } from '../../src/errors.js';
import { FakeConnectionPool } from '../../src/testing/fakeConnectionPool.js';
import { SteppingClock, settle } from '../../src/testing/steppingClock.js';
import { Watched } from '../rigs/poolRig.js';
import { contract } from './contract.js';

describe('a FakeConnectionPool', () => {
  contract(() => {
    const clock = new SteppingClock();
    const pool = new FakeConnectionPool<object>({ a: () => ({}), b: () => ({}) }, { clock });
    return {
      pool,
      another: () => ({}),
      hold: (name) => pool.hold(name),
      failNext: (name, code) => pool.failNext(name, new ConnectionError(code, 'as scripted')),
      pass: (milliseconds) => clock.advance(milliseconds),
    };
  });

  test('says what it was asked for', async () => {
    const pool = new FakeConnectionPool({ a: () => 'the connection' });
    await pool.get('a');
    await pool.restart('a');
    await pool.put('b', 'another');
    await pool.remove('b');
    await pool.drain();
    await pool[Symbol.asyncDispose]();
    expect(pool.asked.map(({ what, name }) => [what, name])).toEqual([
      ['get', 'a'],
      ['restart', 'a'],
      ['put', 'b'],
      ['remove', 'b'],
      ['drain', null],
      ['close', null],
    ]);
  });

  test('makes who wants a name wait until the last hold of it ends', async () => {
    const pool = new FakeConnectionPool({ a: () => 'the connection' });
    const endFirst = pool.hold('a');
    const endSecond = pool.hold('a');
    endFirst();
    let got: string | undefined;
    const asked = pool.get('a').then((connection) => {
      got = connection;
    });
    await settle();
    expect(got).toBeUndefined();
    endSecond();
    await asked;
    expect(got).toBe('the connection');
  });

  test('fails as often as it was told to, in order', async () => {
    const clock = new SteppingClock();
    const pool = new FakeConnectionPool({ a: () => 'the connection' }, { clock });
    for (const message of ['first', 'second']) pool.failNext('a', new Error(message));
    const gets = [1, 2, 3].map(() => new Watched(pool.get('a')));
    await settle();
    const [first, second, third] = gets;
    expect([first?.error, second?.error]).toEqual([new Error('first'), new Error('second')]);
    expect(third?.value).toBe('the connection');
    expect(clock.delays).toEqual([]);
  });

  test('tells its listeners what the test tells it', () => {
    const pool = new FakeConnectionPool({});
    const listener = vi.fn();
    pool.on('health', listener);
    pool.tell('health', 'a', { status: 'healthy' });
    expect(listener).toHaveBeenCalledExactlyOnceWith('a', { status: 'healthy' });
  });
});
