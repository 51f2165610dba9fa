/** The embedder's code beside the connection: what it throws is told where it matters, and harms nothing. */
import { describe, expect, test, vi } from 'vitest';
import { ConnectionError } from '../../src/errors.js';
import { settle } from '../../src/testing/steppingClock.js';
import { errorOf, exited, Rig } from './support.js';

const broken = () => {
  throw new Error('broken');
};

describe('row 37: a listener that throws', () => {
  test('is logged, and the others are still told', async () => {
    const warn = vi.fn();
    const rig = new Rig({ logger: { debug: () => {}, warn } });
    const told = vi.fn();
    rig.manager.on('state', broken);
    rig.manager.on('state', vi.fn().mockRejectedValue(new Error('broken')));
    rig.manager.on('state', told);
    rig.manager.on('health', broken);
    await rig.connect();
    expect(rig.status).toBe('connected');
    expect(told.mock.calls.map(([{ to }]) => to.phase ?? to.status)).toEqual([
      'queued',
      'transportSetup',
      'handshakeStart',
      'capabilityNegotiation',
      'healthCheck',
      'connected',
    ]);
    expect(warn.mock.calls.flat()).toContain("a listener of 'state' threw: broken");
    // Six changes, two listeners that threw at each, and the one of health.
    expect(warn).toHaveBeenCalledTimes(13);
  });

  test('hears nothing more after unsubscribing, once or twice', async () => {
    const rig = new Rig();
    const listener = vi.fn();
    const offs = [rig.manager.on('state', listener), rig.manager.on('state', listener)];
    const connected = rig.manager.connect();
    expect(listener).toHaveBeenCalledTimes(2);
    offs[0]?.();
    offs[0]?.();
    await settle();
    expect(listener).toHaveBeenCalledTimes(3);
    offs[1]?.();
    await rig.finish();
    await connected;
    expect(listener).toHaveBeenCalledTimes(3);
  });
});

test('a logger that throws is not listened to', async () => {
  const rig = new Rig({ logger: { debug: broken, warn: broken } });
  rig.manager.on('state', broken);
  await rig.connect();
  expect(rig.status).toBe('connected');
});

test('a gate that throws fails the connection as an internal error, with its cause', async () => {
  const cause = new Error('no tickets');
  const rig = new Rig({ gate: { enter: () => Promise.reject(cause) } });
  expect(await errorOf(rig.manager.connect())).toMatchObject({
    name: 'ConnectionError',
    code: 'INTERNAL_ERROR',
    cause,
  });
  expect(rig.status).toBe('failed');
});

test('a turn that cannot be given back keeps no session open', async () => {
  const rig = new Rig({ gate: { enter: async () => broken } });
  const outcome = errorOf(rig.manager.connect());
  await settle();
  const left = rig.manager.disconnect();
  expect(rig.session.isClosing).toBe(true);
  rig.session.finishClosing();
  await left;
  expect(await outcome).toMatchObject({ code: 'SUPERSEDED' });
});

test('a gate may say in a code of ours why nobody starts', async () => {
  const full = new ConnectionError('RESOURCES_EXHAUSTED', 'too many servers');
  const rig = new Rig({ gate: { enter: () => Promise.reject(full) } });
  expect(await errorOf(rig.manager.connect())).toMatchObject({ code: 'RESOURCES_EXHAUSTED' });
});

test.each([
  ['the attempt fails', (rig: Rig) => rig.session.lost(exited())],
  ['nobody wants it any more', (rig: Rig) => void rig.manager.disconnect()],
])('a turn is given back when %s before the handshake is over, and only once', async (_, end) => {
  const leave = vi.fn();
  const rig = new Rig({ gate: { enter: async () => leave } });
  rig.manager.connect().catch(() => {});
  await settle();
  rig.session.opened();
  expect(leave).not.toHaveBeenCalled();
  end(rig);
  expect(leave).toHaveBeenCalledOnce();
  rig.session.finishClosing();
  await settle();
  expect(leave).toHaveBeenCalledOnce();
});

test('a turn that comes when nobody waits for it any more is given back', async () => {
  let enter: () => void = () => {};
  const leave = vi.fn();
  const gate = {
    enter: () =>
      new Promise<() => void>((resolve) => {
        enter = () => resolve(leave);
      }),
  };
  const rig = new Rig({ gate });
  rig.manager.connect().catch(() => {});
  await settle();
  await rig.manager.disconnect();
  enter();
  await settle();
  expect(leave).toHaveBeenCalledOnce();
  expect(rig.sessions).toHaveLength(0);
});

test('a session that cannot be made fails the connection, with its cause', async () => {
  const cause = new Error('no such SDK');
  const rig = new Rig({
    createSession: () => {
      throw cause;
    },
  });
  expect(await errorOf(rig.manager.connect())).toMatchObject({ code: 'INTERNAL_ERROR', cause });
  expect(rig.manager.state).toMatchObject({ status: 'failed', error: { code: 'INTERNAL_ERROR' } });
});

test('a session of another make that throws is closed, and the connection fails', async () => {
  const rig = new Rig();
  const outcome = errorOf(rig.manager.connect());
  await settle();
  const { session } = rig;
  session.accept = broken;
  session.opened();
  session.answered();
  expect(session.isClosing).toBe(true);
  session.finishClosing();
  expect(await outcome).toMatchObject({ code: 'INTERNAL_ERROR', message: 'files: broken' });
});

test('a call that a failed connection refuses names what happened last, not before', async () => {
  const rig = new Rig({ retryPolicy: { initialAttempts: 2 }, timeout: { connect: 900, transport: 900 } });
  const outcome = errorOf(rig.manager.connect());
  await settle();
  await rig.lose();
  rig.clock.step();
  await settle();
  await rig.clock.advance(900);
  rig.session.finishClosing();
  await outcome;
  expect(await errorOf(rig.manager.listTools())).toMatchObject({
    name: 'CallRefusedError',
    code: 'CONNECT_TIMEOUT',
    server: 'files',
    state: 'failed (CONNECT_TIMEOUT)',
    mayHaveExecuted: false,
    cause: { name: 'ConnectionError', code: 'CONNECT_TIMEOUT' },
  });
});

test('what an old session says after it was left is nobody’s error', async () => {
  const rig = new Rig({ retryPolicy: false });
  const outcome = errorOf(rig.manager.connect());
  await settle();
  const cause = new Error('the real reason');
  const { session } = rig;
  await rig.lose(exited('it exited', cause));
  expect(await outcome).toMatchObject({ cause });
  session.lost(exited('it exited', new Error('a late word')));
  expect(await errorOf(rig.manager.ping())).toMatchObject({ cause: { cause } });
});
