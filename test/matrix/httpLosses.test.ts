import { expect } from 'vitest';
import { errorOf } from '../connection/support.js';
import { FaultyHttpServer } from './httpServer.js';
import { observedClock } from './observedClock.js';
import { row } from './row.js';
import type { Scene } from './scene.js';
import { TcpProxy } from './tcpProxy.js';

/** Milliseconds until what was sent over a half-open connection is given up, by the status it was sent in. */
const LIMITS = { connected: 4_000, reconnecting: 2_000, connecting: 7_000 };

const echo = { name: 'echo', arguments: { text: 'here' } };

type Type = 'http' | 'sse';

const flagsOf = (type: Type) => ({ flags: type === 'http' ? [] : ['--sse'] });

async function halfOpen(scene: Scene, type: Type): Promise<void> {
  const server = await FaultyHttpServer.start(scene, flagsOf(type));
  const proxy = await TcpProxy.start(scene, server.port);
  const clock = observedClock(scene);
  const url = server.url.replace(String(server.port), String(proxy.port));
  const { manager, statuses } = scene.connection({
    server: { url, type },
    clock,
    healthCheck: { interval: 40_000, timeout: LIMITS.connected, failureThreshold: 1 },
    timeout: { connect: LIMITS.connecting },
  });
  const healths: (string | undefined)[] = [];
  manager.on('health', (health) => healths.push(health?.status));
  await manager.connect();
  await scene.call(manager.callTool(echo));
  if (type === 'http') await server.seen('GET /mcp');
  const pings = server.of('ping').length;
  proxy.freeze(() => {
    proxy.thaw();
    // What was swallowed is the probe, then a goodbye or a handshake over a connection from before.
    const { status } = manager.state;
    if (status === 'connected' || status === 'reconnecting' || status === 'connecting') {
      clock.fire(LIMITS[status]);
    }
  });
  await clock.advance(40_000);
  await manager.waitFor('reconnecting');
  expect(manager.health).toMatchObject({ status: 'unhealthy' });
  let isUp = false;
  const connected = manager.waitFor('connected').then(() => {
    isUp = true;
  });
  while (!isUp) {
    const backoff = await Promise.race([connected, clock.armed((delay) => delay === 1)]);
    if (backoff !== undefined) clock.fire(backoff);
  }
  await scene.call(manager.callTool(echo));
  expect(healths).toEqual(['healthy', 'unhealthy', 'healthy']);
  expect(manager.stats).toMatchObject({ connects: 2, disconnects: { UNHEALTHY: 1 } });
  expect(statuses().slice(0, 4)).toEqual(['connecting', 'connected', 'reconnecting', 'connecting']);
  expect(scene.executions('echo')).toBe(2);
  // What was asked over the old connections never came.
  expect(server.of('ping')).toHaveLength(pings + 1);
}

row(32, 'all connections are half open: Streamable HTTP', (scene) => halfOpen(scene, 'http'));
row(32, 'all connections are half open: HTTP+SSE', (scene) => halfOpen(scene, 'sse'));

async function dieIdle(scene: Scene, type: Type): Promise<void> {
  const server = await FaultyHttpServer.start(scene, flagsOf(type));
  const { manager, statuses } = scene.connection({ server: { url: server.url, type } });
  await manager.connect();
  if (type === 'http') await server.seen('GET /mcp');
  await server.kill();
  await manager.waitFor('reconnecting');
  expect(manager.stats.calls.accepted).toBe(0);
  const waiting = scene.call(manager.callTool(echo));
  await server.restart(flagsOf(type));
  await waiting;
  expect(scene.executions('echo')).toBe(1);
  expect(statuses().slice(0, 3)).toEqual(['connecting', 'connected', 'reconnecting']);
  expect(manager.stats).toMatchObject({ connects: 2, reconnections: 1 });
}

row(33, 'the server dies while idle: Streamable HTTP', (scene) => dieIdle(scene, 'http'));
row(33, 'the server dies while idle: HTTP+SSE', (scene) => dieIdle(scene, 'sse'));

async function dieInFlight(scene: Scene, type: Type): Promise<void> {
  const server = await FaultyHttpServer.start(scene, flagsOf(type));
  const { manager } = scene.connection({ server: { url: server.url, type } });
  await manager.connect();
  const lose = (name: string) => errorOf(scene.call(manager.callTool({ name, arguments: { code: 1 } })));
  const calls = [lose('never'), lose('never')];
  await server.seen('tools/call', 2);
  calls.push(lose('exit'));
  for (const error of await Promise.all(calls)) {
    expect(error).toMatchObject({
      // Whichever of its connections breaks first tells.
      code: expect.stringMatching(/^(CONNECTION_LOST|NETWORK_ERROR)$/),
      server: 'peer',
      mayHaveExecuted: true,
    });
  }
  await server.restart(flagsOf(type));
  await scene.call(manager.callTool(echo));
  expect(scene.executions('exit')).toBe(1);
  expect(scene.executions('never')).toBe(2);
  expect(scene.executions('echo')).toBe(1);
}

row(33, 'the server dies in flight: Streamable HTTP', (scene) => dieInFlight(scene, 'http'));
row(33, 'the server dies in flight: HTTP+SSE', (scene) => dieInFlight(scene, 'sse'));

row(
  33,
  'the server dies in the middle of a streamed answer, and there is no stream besides',
  async (scene) => {
    const server = await FaultyHttpServer.start(scene, {
      flags: ['--stream'],
      faults: [{ on: 'GET', status: 405 }],
    });
    const { manager } = scene.connection({ server: { url: server.url } });
    await manager.connect();
    const begun = new Promise((resolve) => manager.on('notification', resolve));
    const lost = errorOf(scene.call(manager.callTool({ name: 'never' })));
    await begun;
    await server.kill();
    expect(await lost).toMatchObject({
      code: expect.stringMatching(/^(CONNECTION_LOST|STREAM_LOST)$/),
      server: 'peer',
      mayHaveExecuted: true,
    });
    await server.restart();
    await scene.call(manager.callTool(echo));
    expect(scene.executed()).toEqual(['never ', 'echo ']);
  },
);
