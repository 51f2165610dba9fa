/** A daemon with real files, sockets and servers, and a clock that the test moves. */
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { Daemon, DEFAULT_LIMITS } from '../../src/daemon/Daemon.js';
import { writeHello } from '../../src/ipc/hello.js';
import { ownerOf } from '../../src/ipc/ownership.js';
import { identify } from '../../src/ipc/processIdentity.js';
import { readToken } from '../../src/ipc/token.js';
import { RawPeer } from '../ipc/socketPair.js';
import { PatientClock } from '../ipc/support.js';
import { placesForTest, reached, startDaemon } from './support.js';

/** Milliseconds. */
const IDLE = 10 * 60_000;

const call = (tool: string, args: object = {}) => ({ server: 'real', tool, arguments: args });

test('serves what a command asks, and leaves when it is told', async () => {
  const places = placesForTest();
  const { daemon, connect } = await startDaemon(places);
  const peer = await connect();
  expect(await peer.request('servers.list')).toMatchObject([{ name: 'real', status: 'disconnected' }]);
  const answer = await peer.request('tools.call', call('echo', { text: 'hi' }));
  expect(answer).toMatchObject({ content: [{ type: 'text', text: 'hi' }] });
  expect(await peer.request('servers.list')).toMatchObject([{ name: 'real', status: 'connected' }]);
  await expect(peer.request('tools.call', call('exit'))).rejects.toMatchObject({
    data: { code: 'TOOL_NOT_ALLOWED' },
  });
  await expect(peer.request('tools.call', { server: 'none', tool: 'exit' })).rejects.toMatchObject({
    data: { code: 'UNKNOWN_SERVER' },
  });
  expect(await peer.request('daemon.status')).toMatchObject({ clients: 1, pool: { total: 1 } });
  await peer.request('daemon.stop');
  expect(await daemon.stopped).toEqual({ reason: 'asked', error: null });
  expect([existsSync(places.socket), ownerOf(places)]).toEqual([false, null]);
});

test('takes no command, environment or path from a client', async () => {
  // What a host in Electron hands on to the daemon is not for its servers.
  vi.stubEnv('ELECTRON_RUN_AS_NODE', '1');
  onTestFinished(() => void vi.unstubAllEnvs());
  const { connect } = await startDaemon(placesForTest());
  const peer = await connect();
  const stowaways = { command: '/bin/false', args: ['x'], env: { STOWAWAY: '1' }, cwd: '/' };
  const answer = await peer.request('tools.call', { ...call('environment'), ...stowaways });
  expect(JSON.stringify(answer)).toContain('MCP_LIFELINE_DAEMON');
  expect(JSON.stringify(answer)).not.toContain('STOWAWAY');
  expect(JSON.stringify(answer)).not.toContain('ELECTRON');
  await expect(peer.request('tools.call', { ...stowaways, tool: 'echo' })).rejects.toMatchObject({
    data: { code: 'INVALID_PARAMS' },
  });
});

test('progress comes to whoever asked, and a request that is withdrawn is cancelled', async () => {
  const { connect } = await startDaemon(placesForTest());
  const [peer, other] = [await connect(), await connect()];
  const controller = new AbortController();
  let isFirst = true;
  const seen: unknown[] = [];
  const asked = peer.request('tools.call', call('progress', { every: 1 }), {
    signal: controller.signal,
    onprogress: (value) => {
      seen.push(value);
      if (!isFirst) controller.abort(new Error('enough'));
      isFirst = false;
    },
  });
  await expect(asked).rejects.toThrow('enough');
  expect(seen).toMatchObject([{ progress: 1 }, { progress: 2 }]);
  const received = await other.request('tools.call', call('received'));
  expect(JSON.stringify(received)).toContain('notifications/cancelled');
});

test('the second of one place leaves to the first', async () => {
  const places = placesForTest();
  const { connect } = await startDaemon(places);
  const { daemon } = await startDaemon(places);
  expect(await daemon.stopped).toEqual({ reason: 'taken', error: null });
  expect(await (await connect()).request('daemon.status')).toMatchObject({ clients: 1 });
});

describe('leaves', () => {
  test('row 53: when nobody came; who is in the middle of the hello finds none, and nothing is carried out', async () => {
    const places = placesForTest();
    const clock = new PatientClock();
    const { daemon } = await startDaemon(places, { clock });
    const token = readToken(places) ?? '';
    const socket = connect(places.socket);
    const raw = new RawPeer(socket);
    await new Promise((resolve) => socket.once('connect', resolve));
    // The limit of the hello: the daemon has seen the connection.
    while (!clock.delays.includes(5000)) await new Promise(setImmediate);
    await clock.fireOnce(IDLE);
    const hello = writeHello({ protocol: 1, version: '1', fingerprint: 'print' }, token);
    raw.write(hello, { jsonrpc: '2.0', id: 1, method: 'servers.list' });
    await raw.closed;
    expect(raw.messages).toEqual([]);
    expect(await daemon.stopped).toEqual({ reason: 'idle', error: null });
  });

  test('not while somebody is there', async () => {
    const clock = new PatientClock();
    const { daemon, connect } = await startDaemon(placesForTest(), { clock });
    const peer = await connect();
    await peer.request('daemon.status');
    expect(clock.delays).not.toContain(IDLE);
    peer.close();
    await clock.fireOnce(IDLE);
    expect(await daemon.stopped).toMatchObject({ reason: 'idle' });
  });

  test('when it looks, and the configuration is another', async () => {
    const clock = new PatientClock();
    let isSame = true;
    const { daemon } = await startDaemon(placesForTest(), { clock, isConfigSame: () => isSame });
    await clock.fireOnce(DEFAULT_LIMITS.watch);
    isSame = false;
    await clock.fireOnce(DEFAULT_LIMITS.watch);
    expect(await daemon.stopped).toMatchObject({ reason: 'configChanged' });
  });

  test('not when the configuration cannot be read just now', async () => {
    const clock = new PatientClock();
    let looks = 0;
    const { daemon } = await startDaemon(placesForTest(), {
      clock,
      isConfigSame: () => {
        looks += 1;
        throw new Error('gone');
      },
    });
    for (let times = 1; times <= 3; times += 1) {
      await clock.fireOnce(DEFAULT_LIMITS.watch);
      expect(looks).toBe(times);
    }
    expect(daemon.actor.getSnapshot().hasTag('serving')).toBe(true);
  });

  test.each(['lock', 'socket'] as const)('when its %s is not there any more', async (file) => {
    const places = placesForTest();
    const clock = new PatientClock();
    const { daemon } = await startDaemon(places, { clock });
    rmSync(places[file]);
    await clock.fireOnce(DEFAULT_LIMITS.watch);
    expect(await daemon.stopped).toMatchObject({ reason: 'superseded' });
  });

  test('when its calls have finished, and takes no others meanwhile', async () => {
    const { daemon, connect } = await startDaemon(placesForTest());
    const peer = await connect();
    const inFlight = peer.request('tools.call', call('together', { count: 2, text: 'both' }));
    const other = peer.request('tools.call', call('echo', { text: 'first' }));
    await other;
    daemon.drain();
    await expect(peer.request('tools.call', call('echo'))).rejects.toMatchObject({
      data: { code: 'DAEMON_LEAVING' },
    });
    expect(daemon.actor.getSnapshot().value).toBe('draining');
    daemon.actor.send({ type: 'daemon.stop' });
    await expect(inFlight).rejects.toMatchObject({
      data: { code: 'DAEMON_STOPPED', mayHaveExecuted: true },
    });
    expect(await daemon.stopped).toEqual({ reason: 'asked', error: null });
  });

  test('at its limit, when a call does not finish', async () => {
    const clock = new PatientClock();
    const { daemon, connect } = await startDaemon(placesForTest(), { clock, limits: { drain: 777 } });
    const peer = await connect();
    const never = peer.request('tools.call', call('never'));
    await peer.request('tools.call', call('echo', { text: 'the other is in flight' }));
    const settled = expect(never).rejects.toMatchObject({
      data: { code: 'DAEMON_STOPPED', mayHaveExecuted: true },
    });
    daemon.drain();
    await reached(daemon, 'draining');
    await clock.fireOnce(777);
    await settled;
    expect(await daemon.stopped).toEqual({ reason: 'asked', error: null });
  });
});

describe('a daemon that is told to leave while it', () => {
  test.each([
    ['reaping', 'drain'],
    ['publishing', 'drain'],
    ['publishing', 'stop'],
  ] as const)('is %s (%s) leaves nothing that answers', async (step, how) => {
    const places = placesForTest();
    const daemon = new Daemon({
      places,
      version: '1',
      fingerprint: 'print',
      servers: new Map(),
      isConfigSame: () => true,
      log: () => {},
    });
    daemon.actor.subscribe(({ value }) => {
      if (JSON.stringify(value) === JSON.stringify({ starting: step })) {
        daemon.actor.send({ type: `daemon.${how}` });
      }
    });
    expect(await daemon.stopped).toEqual({ reason: 'asked', error: null });
    // Whoever still publishes would do so now.
    for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
    expect([existsSync(places.socket), ownerOf(places)]).toEqual([false, null]);
  });
});

describe('a daemon that cannot', () => {
  test('write down its servers looks after them all the same, and says so', async () => {
    const places = placesForTest();
    const { daemon, lines, connect } = await startDaemon(places);
    const peer = await connect();
    rmSync(places.directory, { recursive: true });
    const answer = await peer.request('tools.call', call('pid'));
    expect(lines.join('\n')).toContain('could not write down its servers: ENOENT');
    const [pid = 0] = JSON.stringify(answer).match(/\d+/g)?.map(Number) ?? [];
    expect(identify(pid)).not.toBeNull();
    daemon.drain();
    expect(await daemon.stopped).toMatchObject({ error: null });
    expect(identify(pid)).toBeNull();
  });

  test('open its socket says so, and gives its place back', async () => {
    const places = placesForTest();
    const { daemon: before } = await startDaemon(places);
    before.drain();
    await before.stopped;
    mkdirSync(places.socket);
    const { daemon } = await startDaemon(places);
    expect(await daemon.stopped).toMatchObject({
      reason: 'unstarted',
      error: expect.stringContaining('found a directory, expected a socket'),
    });
    expect(ownerOf(places)).toBeNull();
  });

  test('start in time says so', async () => {
    const clock = new PatientClock();
    const daemon = new Daemon({
      places: placesForTest(),
      version: '1',
      fingerprint: 'print',
      servers: new Map(),
      isConfigSame: () => true,
      log: () => {},
      clock,
    });
    clock.fire(DEFAULT_LIMITS.start);
    expect(await daemon.stopped).toEqual({ reason: 'unstarted', error: 'not started within 10000 ms' });
  });
});
