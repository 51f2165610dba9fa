import { expect } from 'vitest';
import { errorOf } from '../connection/support.js';
import { type Fault, FaultyHttpServer } from './httpServer.js';
import { row } from './row.js';
import { TokenKeeper } from './tokenKeeper.js';

const echo = { name: 'echo', arguments: { text: 'here' } };

for (const [what, fault, flags] of [
  ['JSON', { cut: 10 }, []],
  ['an event stream', { cut: 30 }, ['--stream']],
] as const) {
  row(31, `the body of an answer is cut short: ${what}`, async (scene) => {
    const server = await FaultyHttpServer.start(scene, {
      faults: [{ on: 'echo', times: 1, ...fault }],
      flags,
    });
    const { manager } = scene.connection({ server: { url: server.url } });
    await manager.connect();
    expect(await errorOf(scene.call(manager.callTool(echo)))).toMatchObject({
      code: expect.stringMatching(/^(NETWORK_ERROR|STREAM_LOST)$/),
      mayHaveExecuted: true,
    });
    expect(scene.executions('echo')).toBe(1);
    await scene.call(manager.callTool(echo));
    expect(scene.executions('echo')).toBe(2);
    expect(scene.sessionsOpened).toBe(1);
  });
}

row(31, 'the answer to the handshake is cut short', async (scene) => {
  const server = await FaultyHttpServer.start(scene, { faults: [{ on: 'initialize', times: 1, cut: 10 }] });
  const { manager, statuses } = scene.connection({ server: { url: server.url } });
  await manager.connect();
  expect(manager.stats).toMatchObject({ attempts: 2, lastError: { code: 'NETWORK_ERROR' } });
  expect(statuses()).toEqual(['connecting', 'reconnecting', 'connecting', 'connected']);
});

row(31, 'the answer to the handshake is of another type', async (scene) => {
  const server = await FaultyHttpServer.start(scene, { faults: [{ on: 'initialize', type: 'text/html' }] });
  const { manager } = scene.connection({ server: { url: server.url } });
  expect(await errorOf(manager.connect())).toMatchObject({ name: 'ConnectionError', code: 'NOT_MCP' });
  expect(manager.state).toMatchObject({ status: 'failed', error: { code: 'NOT_MCP' } });
  expect(server.of('initialize')).toHaveLength(1);
});

row(31, 'the answer to a call is of another type', async (scene) => {
  const server = await FaultyHttpServer.start(scene, {
    faults: [{ on: 'echo', times: 1, type: 'text/html' }],
  });
  const { manager } = scene.connection({ server: { url: server.url } });
  await manager.connect();
  expect(await errorOf(scene.call(manager.callTool(echo)))).toMatchObject({
    code: 'NOT_MCP',
    mayHaveExecuted: true,
  });
  expect(scene.executions('echo')).toBe(1);
  await scene.call(manager.callTool(echo));
  expect(scene.sessionsOpened).toBe(1);
});

const redirects = [301, 302, 303, 307, 308];
const secretHeaders = { 'x-key': 'header-sentinel', authorization: 'Bearer token-sentinel' };

row(31, 'requests of all kinds are redirected to another origin', async (scene) => {
  const other = await FaultyHttpServer.start(scene);
  const location = `${other.url}?key=query-sentinel`;
  const faults: Fault[] = redirects.flatMap((status, from) =>
    ['initialize', 'tools/call'].map((on) => ({ on, from, times: 1, status, headers: { location } })),
  );
  const server = await FaultyHttpServer.start(scene, {
    faults: [...faults, { on: 'GET', status: 307, headers: { location } }],
  });
  const options = { server: { url: server.url, headers: secretHeaders } };
  for (const status of redirects) {
    const { manager } = scene.connection(options);
    expect(await errorOf(manager.connect())).toMatchObject({
      name: 'ConnectionError',
      code: 'HTTP_REJECTED',
      details: { status, location: other.url },
    });
    expect(manager.state.status).toBe('failed');
  }
  const { manager } = scene.connection(options);
  await manager.connect();
  await server.seen('GET /mcp');
  for (const status of redirects) {
    expect(await errorOf(scene.call(manager.callTool(echo)))).toMatchObject({
      code: 'HTTP_REJECTED',
      mayHaveExecuted: true,
      cause: { details: { status } },
    });
  }
  await scene.call(manager.callTool(echo));
  expect(scene.executions('echo')).toBe(1);
  expect(scene.sessionsOpened).toBe(redirects.length + 1);
  // What is sent where the server said nothing of another origin has them.
  expect(server.requests.every(({ headers }) => headers['x-key'] === 'header-sentinel')).toBe(true);
  expect(other.requests).toEqual([]);
});

row(31, 'the endpoint of HTTP+SSE is of another origin', async (scene) => {
  const other = await FaultyHttpServer.start(scene);
  const events = `event: endpoint\ndata: ${other.origin}/message\n\n`;
  const server = await FaultyHttpServer.start(scene, {
    faults: [{ on: 'GET', events }],
    flags: ['--sse'],
  });
  const { manager } = scene.connection({ server: { url: server.url, type: 'sse', headers: secretHeaders } });
  expect(await errorOf(manager.connect())).toMatchObject({ code: 'HTTP_REJECTED' });
  expect(manager.state.status).toBe('failed');
  expect(server.requests).toHaveLength(1);
  expect(other.requests).toEqual([]);
});

row(31, 'the server names an authorization server of another origin', async (scene) => {
  const other = await FaultyHttpServer.start(scene);
  const headers = { 'www-authenticate': `Bearer resource_metadata="${other.origin}/metadata"` };
  const server = await FaultyHttpServer.start(scene, {
    faults: [{ on: 'initialize', status: 401, headers }],
  });
  const authProvider = new TokenKeeper({
    access_token: 'token-sentinel',
    token_type: 'Bearer',
    issuer: server.origin,
  });
  const { manager } = scene.connection({
    server: { url: server.url, headers: { 'x-key': 'header-sentinel' } },
    authProvider,
  });
  expect(await errorOf(manager.connect())).toMatchObject({ code: 'AUTHORIZATION_REQUIRED' });
  expect(manager.state.status).toBe('authorizing');
  expect(other.requests.length).toBeGreaterThan(0);
  expect(JSON.stringify(other.requests)).not.toContain('sentinel');
});
