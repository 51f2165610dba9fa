/** Stories of a pool, with their ends. */
import { expect, test } from 'vitest';
import { createActor } from 'xstate';
import {
  IGNORED_ENTRY_EVENTS,
  IGNORED_POOL_EVENTS,
  poolEntryMachine,
  poolMachine,
} from '../../../machines/index.js';
import { SteppingClock, settle } from '../../../src/testing/steppingClock.js';
import { scriptPool } from '../../walk/pool/scripts.js';

function begin() {
  const clock = new SteppingClock();
  const { machine, end, inputs } = scriptPool();
  const handle = {};
  const actor = createActor(machine, { clock, input: { handle, limits: { drain: 5_000, close: 7_000 } } });
  actor.start();
  return {
    clock,
    handle,
    inputs,
    isOver: () => actor.getSnapshot().status === 'done',
    send: (type: 'pool.drain' | 'pool.close') => actor.send({ type }),
    end: async (name: 'settle' | 'retireAll', error?: Error) => {
      if (error === undefined) end(name).resolve(undefined);
      else end(name).reject(error);
      await settle();
    },
    now: () => [actor.getSnapshot().value, actor.getSnapshot().context.unclosed],
  };
}

test('it drains when calls in flight have finished, and is closed when everything has ended', async () => {
  const { clock, send, end, now, isOver, inputs, handle } = begin();
  expect([now(), clock.delays]).toEqual([['open', null], []]);
  send('pool.drain');
  expect([now(), clock.delays]).toEqual([['draining', null], [5_000]]);
  await end('settle');
  expect([now(), clock.delays]).toEqual([['closing', null], [7_000]]);
  expect(isOver()).toBe(false);
  await end('retireAll');
  expect([now(), clock.delays, isOver()]).toEqual([['closed', null], [], true]);
  // Every actor finds what is alive by the handle of the pool.
  expect([...inputs.keys()]).toEqual(['settle', 'retireAll']);
  for (const input of inputs.values()) {
    expect(Object.keys(input as object)).toEqual(['handle']);
    expect(Reflect.get(input as object, 'handle')).toBe(handle);
  }
});

test('it waits no longer for calls than it may', async () => {
  const { clock, send, now } = begin();
  send('pool.drain');
  await clock.advance(4_999);
  send('pool.drain');
  expect(now()).toEqual(['draining', null]);
  await clock.advance(1);
  expect(now()).toEqual(['closing', null]);
});

test('it closes where the wait for calls fails', async () => {
  const { send, end, now } = begin();
  send('pool.drain');
  await end('settle', new Error('it failed'));
  expect(now()).toEqual(['closing', null]);
});

test.each(['open', 'draining'])('it closes at once when it is told so: %s', (from) => {
  const { send, now } = begin();
  if (from === 'draining') send('pool.drain');
  send('pool.close');
  expect(now()).toEqual(['closing', null]);
});

test('it is closed in the end, and names what would not end', async () => {
  const failed = begin();
  failed.send('pool.close');
  await failed.end('retireAll', new Error('b would not end'));
  expect(failed.now()).toEqual(['closed', 'b would not end']);
  const late = begin();
  late.send('pool.close');
  await late.clock.advance(6_999);
  expect(late.now()).toEqual(['closing', null]);
  await late.clock.advance(1);
  expect(late.now()).toEqual(['closed', 'connections did not end within 7000 ms (limits.close)']);
});

test('the charts have the names of their pages', () => {
  expect([poolMachine.id, poolEntryMachine.id]).toEqual(['pool', 'entry']);
});

test('every entry of the lists of what is ignored says why', () => {
  for (const { reason } of [...IGNORED_POOL_EVENTS, ...IGNORED_ENTRY_EVENTS]) expect(reason).toMatch(/\w/);
});
