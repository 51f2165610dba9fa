import { expect } from 'vitest';
import { errorOf } from '../connection/support.js';
import { freePort } from '../support/freePort.js';
import { FaultyHttpServer } from './httpServer.js';
import { row } from './row.js';
import type { Scene } from './scene.js';
import { TokenKeeper } from './tokenKeeper.js';

const DEFAULT_BACKOFF = { type: 'exponential', initial: 500, multiplier: 2, maxDelay: 30_000 } as const;
const echo = { name: 'echo', arguments: { text: 'here' } };

row(26, 'the port is closed', async (scene) => {
  const { manager, changes } = scene.connection({
    server: { url: `http://127.0.0.1:${await freePort()}/mcp` },
  });
  const connected = errorOf(manager.connect());
  const waiting = errorOf(scene.call(manager.callTool(echo)));
  expect(await connected).toMatchObject({
    name: 'ConnectionError',
    code: 'CONNECTION_REFUSED',
    message: expect.stringMatching(/^peer: /),
    details: { code: 'ECONNREFUSED', unsent: true },
  });
  expect(await waiting).toMatchObject({ code: 'CONNECTION_REFUSED', server: 'peer', mayHaveExecuted: false });
  expect(manager.state).toMatchObject({ status: 'failed', error: { code: 'CONNECTION_REFUSED' } });
  expect(scene.sessionsOpened).toBe(3);
  const retries = changes.flatMap(({ to }) => (to.status === 'connecting' ? [to.retryCount] : []));
  expect(new Set(retries)).toEqual(new Set([0, 1, 2]));
});

/** Connects to a server that says nothing, and lets just less and then all of the time pass. */
async function connectInVain(scene: Scene, url: string, arrived?: Promise<void>): Promise<void> {
  const clock = scene.clock();
  const { manager } = scene.connection({
    server: { url },
    clock,
    timeout: { connect: 45_000 },
    retryPolicy: { initialAttempts: 1 },
  });
  const connected = errorOf(manager.connect());
  await manager.waitFor((state) => state.status === 'connecting' && state.phase === 'handshakeStart');
  await arrived;
  await clock.advance(44_999);
  expect(manager.state).toMatchObject({ status: 'connecting', phase: 'handshakeStart' });
  await clock.advance(1);
  expect(await connected).toMatchObject({
    name: 'ConnectionError',
    code: 'CONNECT_TIMEOUT',
    message: expect.stringMatching(/^peer: .*45000 ms/),
  });
  expect(manager.state).toMatchObject({ status: 'failed', error: { code: 'CONNECT_TIMEOUT' } });
  expect(scene.sessionsOpened).toBe(1);
}

row(26, 'the server takes requests and says nothing', async (scene) => {
  const server = await FaultyHttpServer.start(scene, { faults: [{ on: '*', mute: true }] });
  await connectInVain(scene, server.url, server.seen('initialize'));
  expect(server.requests.map(({ key }) => key)).toEqual(['initialize']);
});

row(26, 'connections are accepted, and nobody reads them', async (scene) => {
  const server = await FaultyHttpServer.start(scene);
  process.kill(server.pid, 'SIGSTOP');
  await connectInVain(scene, server.url);
});

const challenge = { 'www-authenticate': 'Bearer realm="files"' };
/** What an authorization server gave earlier. */
const tokenOf = ({ origin }: FaultyHttpServer) => ({
  access_token: 'first-token',
  token_type: 'Bearer',
  refresh_token: 'refresh-token',
  issuer: origin,
});
/** What the token endpoint gives. */
const renewal = {
  on: 'POST /token',
  status: 200,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ access_token: 'second-token', token_type: 'Bearer' }),
};

row(27, '401, and nobody who could authorize', async (scene) => {
  const server = await FaultyHttpServer.start(scene, {
    faults: [{ on: 'initialize', status: 401, headers: challenge }],
  });
  const { manager, statuses } = scene.connection({ server: { url: server.url } });
  expect(await errorOf(manager.connect())).toMatchObject({
    name: 'ConnectionError',
    code: 'AUTHORIZATION_REQUIRED',
    details: { status: 401, scheme: 'Bearer' },
  });
  expect(statuses()).toEqual(['connecting', 'reconnecting', 'authorizing']);
  expect(await errorOf(manager.callTool(echo))).toMatchObject({
    code: 'AUTHORIZATION_REQUIRED',
    server: 'peer',
    mayHaveExecuted: false,
  });
  expect(server.requests.map(({ key }) => key)).toEqual(['initialize']);
  expect(scene.executed()).toEqual([]);
});

row(27, '401 again, with a token that was just renewed', async (scene) => {
  const server = await FaultyHttpServer.start(scene, {
    faults: [{ on: 'initialize', status: 401, headers: challenge }, renewal],
  });
  const authProvider = new TokenKeeper(tokenOf(server));
  const { manager } = scene.connection({ server: { url: server.url }, authProvider });
  expect(await errorOf(manager.connect())).toMatchObject({ code: 'AUTHORIZATION_REQUIRED' });
  expect(manager.state).toEqual({ status: 'authorizing' });
  expect(server.of('initialize').map(({ headers }) => headers.authorization)).toEqual([
    'Bearer first-token',
    'Bearer second-token',
  ]);
  expect(server.of('POST /token')).toHaveLength(1);
  expect(scene.sessionsOpened).toBe(1);
});

row(27, '401 during a session, until the user has authorized', async (scene) => {
  const server = await FaultyHttpServer.start(scene, {
    faults: [{ on: 'tools/call', times: 1, status: 401, headers: challenge }, renewal],
  });
  const authProvider = new TokenKeeper();
  const { manager, statuses } = scene.connection({ server: { url: server.url }, authProvider });
  await manager.connect();
  expect(await errorOf(scene.call(manager.callTool(echo)))).toMatchObject({
    code: 'AUTHORIZATION_REQUIRED',
    mayHaveExecuted: false,
  });
  await manager.waitFor('authorizing');
  expect(authProvider.redirects).toHaveLength(1);
  await manager.authorize('the-code');
  await manager.connect();
  await scene.call(manager.callTool(echo));
  expect(scene.executions('echo')).toBe(1);
  expect(server.of('tools/call').map(({ headers }) => headers.authorization)).toEqual([
    undefined,
    'Bearer second-token',
  ]);
  expect(scene.sessionsOpened).toBe(2);
  expect(statuses().filter((status) => status === 'authorizing')).toHaveLength(1);
});

row(27, '403 for the handshake', async (scene) => {
  const server = await FaultyHttpServer.start(scene, { faults: [{ on: 'initialize', status: 403 }] });
  const authProvider = new TokenKeeper(tokenOf(server));
  const { manager } = scene.connection({ server: { url: server.url }, authProvider });
  expect(await errorOf(manager.connect())).toMatchObject({ code: 'FORBIDDEN', details: { status: 403 } });
  expect(manager.state).toMatchObject({ status: 'failed', error: { code: 'FORBIDDEN' } });
  expect(server.requests.map(({ key }) => key)).toEqual(['initialize']);
});

row(27, '403 for a call', async (scene) => {
  const server = await FaultyHttpServer.start(scene, { faults: [{ on: 'echo', times: 1, status: 403 }] });
  const authProvider = new TokenKeeper(tokenOf(server));
  const { manager } = scene.connection({ server: { url: server.url }, authProvider });
  await manager.connect();
  expect(await errorOf(scene.call(manager.callTool(echo)))).toMatchObject({
    code: 'FORBIDDEN',
    mayHaveExecuted: false,
  });
  await scene.call(manager.callTool(echo));
  expect(server.of('tools/call')).toHaveLength(2);
  expect(scene.executions('echo')).toBe(1);
  expect(scene.sessionsOpened).toBe(1);
});

row(27, '403 for want of a scope that the user grants, and grants again', async (scene) => {
  const headers = { 'www-authenticate': 'Bearer error="insufficient_scope", scope="files:write"' };
  const server = await FaultyHttpServer.start(scene, {
    faults: [{ on: 'echo', status: 403, headers }, renewal],
  });
  const authProvider = new TokenKeeper(tokenOf(server));
  const { manager } = scene.connection({ server: { url: server.url }, authProvider });
  await manager.connect();
  for (let grants = 0; grants < 3; grants += 1) {
    expect(await errorOf(scene.call(manager.callTool(echo)))).toMatchObject({
      code: 'AUTHORIZATION_REQUIRED',
      mayHaveExecuted: false,
    });
    await manager.waitFor('authorizing');
    await manager.authorize('the-code');
    await manager.connect();
  }
  expect(await errorOf(scene.call(manager.callTool(echo)))).toMatchObject({ code: 'FORBIDDEN' });
  expect(manager.state.status).toBe('connected');
  expect(authProvider.redirects).toHaveLength(3);
  expect(server.of('tools/call')).toHaveLength(4);
  expect(scene.executed()).toEqual([]);
});

row(28, 'the server forgets its sessions', async (scene) => {
  const server = await FaultyHttpServer.start(scene);
  const { manager, statuses } = scene.connection({ server: { url: server.url } });
  await manager.connect();
  await scene.call(manager.callTool({ name: 'forget' }));
  // A call that is under way when another hears of it may have been executed, as far as anybody can tell.
  const calls = Array.from({ length: 10 }, (_, index) => {
    const call = { name: 'echo', arguments: { text: 'here', key: String(index) } };
    return scene.call(manager.callTool(call, { idempotent: true }));
  });
  await Promise.all(calls);
  expect(scene.executed().sort()).toEqual([
    ...Array.from({ length: 10 }, (_, index) => `echo ${index}`),
    'forget ',
  ]);
  const ids = server.of('initialize').map(({ headers }) => headers['mcp-session-id']);
  expect(ids).toEqual([undefined, undefined]);
  expect(new Set(server.of('ping').map(({ headers }) => headers['mcp-session-id'])).size).toBe(2);
  expect(statuses()).toEqual(['connecting', 'connected', 'reconnecting', 'connecting', 'connected']);
});

row(28, 'a call finds out, because there is no stream that ends', async (scene) => {
  const server = await FaultyHttpServer.start(scene, { faults: [{ on: 'GET', status: 405 }] });
  const { manager } = scene.connection({ server: { url: server.url } });
  await manager.connect();
  await scene.call(manager.callTool({ name: 'forget' }));
  expect(manager.state.status).toBe('connected');
  await scene.call(manager.callTool(echo));
  expect(scene.executions('echo')).toBe(1);
  expect(server.of('tools/call')).toHaveLength(3);
  expect(manager.stats).toMatchObject({ connects: 2, lastError: { code: 'SESSION_EXPIRED' } });
  expect(server.of('initialize')[1]?.headers).not.toHaveProperty('mcp-session-id');
});

/** Milliseconds of the wait that each value leads to, where the backoff alone would be 100. */
const waits: [retryAfter: string, wait: number][] = [
  ['0', 100],
  ['7', 7_000],
  ['1000000000', 30_000],
  ['Wed, 21 Oct 2015 07:28:00 GMT', 100],
  ['Wed, 21 Oct 2199 07:28:00 GMT', 30_000],
  ['soon', 100],
  ['-5', 100],
  ['1e9', 100],
];

row(29, 'Retry-After of any kind for the handshake', async (scene) => {
  const server = await FaultyHttpServer.start(scene, {
    faults: waits.map(([retryAfter], index) => ({
      on: 'initialize',
      from: 2 * index,
      times: 1,
      status: index % 2 === 0 ? 503 : 429,
      headers: { 'retry-after': retryAfter },
    })),
  });
  const planned: [string, number][] = [];
  for (const [retryAfter] of waits) {
    const { manager } = scene.connection({
      server: { url: server.url },
      clock: scene.clock(),
      random: () => 0,
      retryPolicy: { minDelay: 100, backoffStrategy: DEFAULT_BACKOFF },
    });
    const connected = manager.connect();
    await manager.waitFor((state) => state.status === 'reconnecting' && state.retryCount === 1);
    const { backoffDelay, error } = manager.actor.getSnapshot().context;
    expect(error?.code).toBe('HTTP_ERROR');
    planned.push([retryAfter, backoffDelay]);
    await manager.reconnect();
    await connected;
    await manager.terminate();
  }
  expect(planned).toEqual(waits);
});

row(29, 'Retry-After for a call', async (scene) => {
  const after = { 'retry-after': '1000000000' };
  const server = await FaultyHttpServer.start(scene, {
    faults: [
      { on: 'echo', times: 1, status: 503, headers: after },
      { on: 'pid', times: 1, status: 429, headers: after },
    ],
  });
  const { manager } = scene.connection({ server: { url: server.url } });
  await manager.connect();
  for (const [name, status, mayHaveExecuted] of [
    ['echo', 503, true],
    ['pid', 429, false],
  ] as const) {
    expect(await errorOf(scene.call(manager.callTool({ name })))).toMatchObject({
      code: 'HTTP_ERROR',
      mayHaveExecuted,
      cause: { details: { status, retryAfter: 1e12 } },
    });
    await scene.call(manager.callTool({ name, arguments: { text: 'here' } }));
    expect(scene.executions(name)).toBe(1);
  }
  expect(scene.sessionsOpened).toBe(1);
});
