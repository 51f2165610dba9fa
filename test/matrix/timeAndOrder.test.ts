import { afterEach, expect, vi } from 'vitest';
import { DEFAULT_CONFIG } from '../../machines/index.js';
import { ConnectionManager } from '../../src/connection/ConnectionManager.js';
import type { ConnectionConfig } from '../../src/connection/options.js';
import { ConfigError } from '../../src/errors.js';
import { errorOf } from '../connection/support.js';
import { textOf } from '../transports/stdio/support.js';
import { LateTransport } from './lateTransport.js';
import { row } from './row.js';
import type { Scene } from './scene.js';

afterEach(() => {
  vi.useRealTimers();
});

const echo = { name: 'echo', arguments: { text: 'here' } };

/** A promise, and what resolves it. */
function deferred<Value = void>() {
  let resolve: (value: Value) => void = () => {};
  const promise = new Promise<Value>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

/** Leaves while the transport is being made, which comes all the same. */
async function comeLate(scene: Scene, leave: 'disconnect' | 'terminate'): Promise<void> {
  const transport = new LateTransport(scene.stdio());
  const { promise, resolve } = deferred<LateTransport>();
  const { manager, statuses } = scene.connection({ server: () => promise });
  const connected = errorOf(manager.connect());
  await manager.waitFor((state) => state.status === 'connecting' && state.phase === 'transportSetup');
  const left = manager[leave]();
  resolve(transport);
  await left;
  expect(await connected).toMatchObject({ name: 'WaitError' });
  expect(transport).toMatchObject({ starts: 0, closes: 1, pid: null });
  expect(statuses()).not.toContain('connected');
}

row(34, 'the transport comes after disconnect', (scene) => comeLate(scene, 'disconnect'));
row(34, 'the transport comes after terminate', (scene) => comeLate(scene, 'terminate'));

row(34, 'the transport starts after the user has left', async (scene) => {
  const { promise, resolve } = deferred();
  const transport = new LateTransport(scene.stdio(), promise);
  const { manager, statuses } = scene.connection({ server: () => transport });
  const connected = errorOf(manager.connect());
  await scene.until(() => transport.starts === 1);
  await manager.disconnect();
  expect(await connected).toMatchObject({ code: 'SUPERSEDED' });
  const { closes } = transport;
  resolve();
  await scene.until(() => transport.closes > closes);
  await scene.until(() => scene.mark.pids.length === 0);
  expect(manager.state).toEqual({ status: 'disconnected' });
  expect(statuses()).toEqual(['connecting', 'closing', 'disconnected']);
  expect(scene.executed()).toEqual([]);
});

row(34, 'the transport starts when the next attempt is up', async (scene) => {
  const { promise, resolve } = deferred();
  const transports = [new LateTransport(scene.stdio(), promise), new LateTransport(scene.stdio())];
  const [late, next] = transports;
  const { manager } = scene.connection({
    server: () => transports.shift() ?? new LateTransport(scene.stdio()),
    timeout: { transport: 50 },
  });
  await manager.connect();
  expect(manager.stats).toMatchObject({ attempts: 2, lastError: { code: 'TRANSPORT_TIMEOUT' } });
  resolve();
  await scene.until(() => late?.closes === 2 && scene.mark.pids.length === 1);
  expect(scene.mark.pids).toEqual([next?.pid]);
  await scene.call(manager.callTool(echo));
  expect(scene.executions('echo')).toBe(1);
});

row(35, 'the end of the old session, and what it said, come with the next one up', async (scene) => {
  const transports: LateTransport[] = [];
  const { manager, changes, statuses } = scene.connection({
    server: () => {
      const transport = new LateTransport(scene.stdio());
      transports.push(transport);
      return transport;
    },
  });
  await manager.connect();
  const [old] = transports;
  const lost = errorOf(scene.call(manager.callTool({ name: 'never' })));
  old?.hold();
  await manager.reconnect();
  expect(await lost).toMatchObject({ name: 'ConnectionLostError', mayHaveExecuted: true });
  const told = changes.length;
  const notified = vi.fn();
  manager.on('notification', notified);
  const patience = new AbortController();
  let isAnswered = false;
  const unanswered = errorOf(scene.call(manager.callTool({ name: 'never' }, patience))).then((error) => {
    isAnswered = true;
    return error;
  });
  await scene.until(() => scene.executions('never') === 2);
  // Ids begin anew with each session: the old answer fits a call of the new one.
  for (let id = 0; id < 10; id += 1) old?.onmessage?.({ jsonrpc: '2.0', id, result: { content: [] } });
  old?.onmessage?.({ jsonrpc: '2.0', method: 'notifications/tools/list_changed' });
  old?.onerror?.(new Error('an error of the old session'));
  old?.release();
  expect(textOf(await scene.call(manager.callTool(echo)))).toBe('here');
  expect(changes).toHaveLength(told);
  expect(notified).not.toHaveBeenCalled();
  expect(isAnswered).toBe(false);
  expect(manager.state.status).toBe('connected');
  expect(scene.mark.pids).toEqual([transports[1]?.pid]);
  expect(statuses()).toEqual(['connecting', 'connected', 'reconnecting', 'connecting', 'connected']);
  expect(scene.sessionsOpened).toBe(2);
  patience.abort();
  expect(await unanswered).toMatchObject({ name: 'AbortError' });
});

row(36, 'connect, disconnect and connect in one tick', async (scene) => {
  const { manager } = scene.connection({ server: scene.stdio() });
  const overruled = errorOf(manager.connect());
  const left = manager.disconnect();
  await manager.connect();
  expect(await overruled).toMatchObject({ code: 'SUPERSEDED' });
  await left;
  expect(manager.state.status).toBe('connected');
  expect(scene.mark.pids).toHaveLength(1);
});

row(36, 'connect and disconnect in one tick', async (scene) => {
  const { manager, statuses } = scene.connection({ server: scene.stdio() });
  const connected = errorOf(manager.connect());
  await manager.disconnect();
  expect(await connected).toMatchObject({ code: 'SUPERSEDED' });
  expect(manager.state.status).toBe('disconnected');
  expect(statuses()).not.toContain('connected');
  expect(scene.mark.pids).toEqual([]);
});

row(36, 'connect while closing', async (scene) => {
  const { manager } = scene.connection({ server: scene.stdio() });
  await manager.connect();
  const [before] = scene.mark.pids;
  const left = errorOf(manager.disconnect());
  await manager.waitFor('closing');
  await manager.connect();
  expect(await left).toMatchObject({ code: 'SUPERSEDED' });
  await scene.call(manager.callTool(echo));
  expect(scene.mark.pids).toHaveLength(1);
  expect(scene.mark.pids).not.toEqual([before]);
  expect(scene.sessionsOpened).toBe(2);
});

row(36, 'connect, disconnect, connect and disconnect while closing', async (scene) => {
  const { manager, statuses } = scene.connection({ server: scene.stdio() });
  await manager.connect();
  const outcomes = [manager.disconnect()];
  await manager.waitFor('closing');
  const overruled = errorOf(manager.connect());
  outcomes.push(manager.disconnect());
  const last = errorOf(manager.connect());
  outcomes.push(manager.disconnect());
  await Promise.allSettled(outcomes);
  expect(await overruled).toMatchObject({ code: 'SUPERSEDED' });
  expect(await last).toMatchObject({ code: 'SUPERSEDED' });
  expect(manager.state.status).toBe('disconnected');
  expect(statuses()).toEqual(['connecting', 'connected', 'closing', 'disconnected']);
  expect(scene.mark.pids).toEqual([]);
  expect(scene.sessionsOpened).toBe(1);
});

row(36, 'terminate, then connect', async (scene) => {
  const { manager } = scene.connection({ server: scene.stdio() });
  await manager.connect();
  const ended = manager.terminate();
  expect(await errorOf(manager.connect())).toMatchObject({ code: 'SUPERSEDED' });
  await ended;
  expect(await errorOf(manager.connect())).toMatchObject({ code: 'TERMINATED' });
  expect(manager.state.status).toBe('terminated');
  expect(scene.sessionsOpened).toBe(1);
});

const DAY = 86_400_000;

/** Sets the wall clock, and nothing else. */
function setWallClock(offset: number): void {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + offset });
}

row(39, 'the wall clock is set ahead while calls are in flight', async (scene) => {
  const { manager } = scene.connection({ server: scene.stdio() });
  await manager.connect();
  const onprogress = vi.fn();
  const patience = new AbortController();
  const { signal } = patience;
  const extended = errorOf(
    scene.call(
      manager.callTool(
        { name: 'progress', arguments: { every: 5 } },
        { signal, timeout: 60_000, maxTotalTimeout: 70_000, resetTimeoutOnProgress: true, onprogress },
      ),
    ),
  );
  await scene.until(() => onprogress.mock.calls.length > 0);
  setWallClock(DAY);
  const { length } = onprogress.mock.calls;
  await scene.until(() => onprogress.mock.calls.length > length + 5);
  await scene.call(manager.callTool(echo));
  patience.abort();
  expect(await extended).toMatchObject({ name: 'AbortError' });
  expect(manager.state.status).toBe('connected');
  expect(scene.sessionsOpened).toBe(1);
});

row(39, 'the wall clock is set back while limits run', async (scene) => {
  const { manager } = scene.connection({
    server: scene.stdio('--silent'),
    timeout: { connect: 200 },
    retryPolicy: { initialAttempts: 2, backoffStrategy: { type: 'constant', delay: 20 }, jitter: 'none' },
  });
  const connected = errorOf(manager.connect());
  const waiting = errorOf(scene.call(manager.callTool(echo, { timeout: 100 })));
  await manager.waitFor((state) => state.status === 'connecting' && state.phase === 'handshakeStart');
  setWallClock(-DAY);
  expect(await waiting).toMatchObject({ code: 'CALL_TIMEOUT', mayHaveExecuted: false });
  expect(await connected).toMatchObject({ code: 'CONNECT_TIMEOUT' });
  expect(scene.sessionsOpened).toBe(2);
});

/** What no timer can wait. */
const absurd = [2 ** 31, Number.NaN, -1, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e308];

/** A configuration with this value, for each field that is a duration. */
const durations: { [field: string]: (value: number) => ConnectionConfig } = {
  'retryPolicy.timeout': (timeout) => ({ retryPolicy: { timeout } }),
  'retryPolicy.minDelay': (minDelay) => ({ retryPolicy: { minDelay } }),
  'retryPolicy.stableAfter': (stableAfter) => ({ retryPolicy: { stableAfter } }),
  'retryPolicy.backoffStrategy.delay': (delay) => ({
    retryPolicy: { backoffStrategy: { type: 'constant', delay } },
  }),
  'retryPolicy.backoffStrategy.maxDelay': (maxDelay) => ({
    retryPolicy: { backoffStrategy: { type: 'linear', delay: 1, maxDelay } },
  }),
  'retryPolicy.backoffStrategy.initial': (initial) => ({
    retryPolicy: { backoffStrategy: { type: 'exponential', initial, multiplier: 2, maxDelay: 1_000 } },
  }),
  'healthCheck.interval': (interval) => ({ healthCheck: { interval } }),
  'healthCheck.timeout': (timeout) => ({ healthCheck: { timeout } }),
  'healthCheck.confirmAfter': (confirmAfter) => ({ healthCheck: { confirmAfter } }),
  'keepAlive.interval': (interval) => ({ keepAlive: { interval } }),
  'timeout.connect': (connect) => ({ timeout: { connect } }),
  'timeout.transport': (transport) => ({ timeout: { transport } }),
  'timeout.negotiation': (negotiation) => ({ timeout: { negotiation } }),
  'timeout.drain': (drain) => ({ timeout: { drain } }),
  'timeout.release': (release) => ({ timeout: { release } }),
  'timeout.call': (call) => ({ timeout: { call } }),
  'timeout.callTotal': (callTotal) => ({ timeout: { callTotal } }),
};

row(40, 'every duration of a connection', async (scene) => {
  const limits = Object.keys(DEFAULT_CONFIG.timeout).map((limit) => `timeout.${limit}`);
  expect(Object.keys(durations)).toEqual(expect.arrayContaining(limits));
  for (const [field, configure] of Object.entries(durations)) {
    for (const value of absurd) {
      const build = () => new ConnectionManager({ name: 'peer', server: scene.stdio(), ...configure(value) });
      expect(build, `${field}: ${value}`).toThrow(
        expect.objectContaining({ name: 'ConfigError', code: 'CONFIG_INVALID', field }),
      );
      expect(build).toThrow(ConfigError);
    }
    // Otherwise nothing could be refused for its value.
    await new ConnectionManager({ name: 'peer', server: scene.stdio(), ...configure(1) }).terminate();
  }
  expect(scene.mark.pids).toEqual([]);
});

row(40, 'the durations of a call and of a wait', async (scene) => {
  const { manager } = scene.connection({ server: scene.stdio() });
  await manager.connect();
  for (const value of absurd) {
    for (const field of ['timeout', 'maxTotalTimeout']) {
      expect(await errorOf(manager.callTool(echo, { [field]: value })), `${field}: ${value}`).toMatchObject({
        name: 'ConfigError',
        field,
      });
    }
    expect(await errorOf(manager.waitFor('failed', { timeout: value }))).toMatchObject({ field: 'timeout' });
  }
  expect(scene.executed()).toEqual([]);
  expect(manager.stats.calls.accepted).toBe(0);
});
