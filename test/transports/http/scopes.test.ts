import type { OAuthTokens } from '@modelcontextprotocol/sdk/shared/auth.js';
import { expect, test } from 'vitest';
import { SteppingClock } from '../../../src/testing/steppingClock.js';
import { MAX_GRANTS } from '../../../src/transports/http/refusedGrants.js';
import { MAX_STEP_UPS, STEP_UP_MEMORY } from '../../../src/transports/http/stepUps.js';
import { type Reply, type ScriptedServer, status } from '../../fixtures/servers/http-scripted.js';
import { connect, failure, initialize, open, serve } from './connect.js';
import { challenge, guarded, held, json, MemoryProvider, pong, serveOAuth } from './oauth.js';

const insufficient = (scope: string): Reply =>
  status(403, { 'www-authenticate': `Bearer error="insufficient_scope", scope="${scope}"` });

test('row 27: a 403 forbids that request alone', async () => {
  const server = await serve();
  const { client, losses } = await connect({ url: server.url });
  server.on('ping', insufficient('files:write'));
  expect(await failure(client.ping())).toMatchObject({
    code: 'FORBIDDEN',
    details: { status: 403, error: 'insufficient_scope', scope: 'files:write', unsent: true },
  });
  expect(losses).toEqual([]);
});

/** What a provider holds that was granted a scope. */
const heldFor = (server: ScriptedServer, scope?: string): OAuthTokens => ({
  ...held(server, 'good-token'),
  ...(scope === undefined ? {} : { scope }),
});

test.each([
  ['what was granted', 'files:read', 'files:read files:write'],
  ['nothing, where that is not known', undefined, 'files:write'],
])(
  'R17: a 403 for want of scope asks the user for it beside %s, and renews nothing',
  async (_, scope, asked) => {
    const server = await serveOAuth();
    const authProvider = new MemoryProvider(heldFor(server, scope));
    const { client, losses } = await connect({ url: server.url, authProvider });
    server.on('ping', insufficient('files:write'));
    expect(await failure(client.ping())).toMatchObject({ code: 'AUTHORIZATION_REQUIRED' });
    expect(losses).toHaveLength(1);
    expect(server.of('POST')).toEqual([]);
    expect(authProvider.redirects.map(({ searchParams }) => searchParams.get('scope'))).toEqual([asked]);
  },
);

test('R17: a 403 for want of a scope that was granted renews the token, and asks nobody', async () => {
  let token = 'good-token';
  const server = await serveOAuth(() => token);
  const authProvider = new MemoryProvider(heldFor(server, 'files:write'));
  const { client } = await connect({ url: server.url, authProvider });
  server.on('ping', (received) => {
    if (server.of('ping').length === 1) {
      token = 'second-token';
      insufficient('files:write')(received);
    } else guarded(() => token, pong)(received);
  });
  await client.ping();
  expect(server.of('ping')).toHaveLength(2);
  expect(authProvider.redirects).toEqual([]);
});

test.each([
  ['the same', () => 'files:0', 2],
  ['ever another', (count: number) => `files:${count}`, MAX_STEP_UPS + 1],
])(
  'R17: a 403 that wants %s scope of those that were granted is given up',
  async (_what, wanted, requests) => {
    const server = await serveOAuth();
    const scope = Array.from({ length: 10 }, (_, index) => `files:${index}`).join(' ');
    server.on(
      'POST /token',
      json({ access_token: 'good-token', token_type: 'Bearer', refresh_token: 'refresh-token', scope }),
    );
    const authProvider = new MemoryProvider(heldFor(server, scope));
    const { client } = await connect({ url: server.url, authProvider });
    server.on('ping', (received) => insufficient(wanted(server.of('ping').length))(received));
    expect(await failure(client.ping())).toMatchObject({ code: 'FORBIDDEN' });
    expect(server.of('ping')).toHaveLength(requests);
    expect(authProvider.redirects).toEqual([]);
  },
);

test('R17: a user is asked a few times for one scope, and for one operation, until later', async () => {
  const server = await serveOAuth();
  server.on('POST /token', json({ access_token: 'good-token', token_type: 'Bearer' }));
  const authProvider = new MemoryProvider({ access_token: 'good-token', token_type: 'Bearer' });
  const clock = new SteppingClock();
  /** A session of its own, as each authorization begins one. */
  const meet = async (tool: string, scope: string) => {
    server.on('tools/call', insufficient(scope));
    const { client, transport } = await connect({ url: server.url, authProvider, clock });
    const error = await failure(client.callTool({ name: tool }));
    if (error.code === 'AUTHORIZATION_REQUIRED') await transport.finishAuth?.('the-code');
    await transport.close();
    return error.code;
  };
  for (let times = 0; times < MAX_STEP_UPS; times += 1) {
    expect(await meet('edit', 'files:write')).toBe('AUTHORIZATION_REQUIRED');
  }
  expect(await meet('edit', 'files:write')).toBe('FORBIDDEN');
  expect(authProvider.redirects).toHaveLength(MAX_STEP_UPS);
  expect(await meet('edit', 'files:delete')).toBe('FORBIDDEN');
  expect(await meet('create', 'files:write')).toBe('FORBIDDEN');
  // Another scope for another operation is another question.
  expect(await meet('remove', 'files:delete')).toBe('AUTHORIZATION_REQUIRED');
  await clock.advance(STEP_UP_MEMORY);
  expect(await meet('edit', 'files:write')).toBe('AUTHORIZATION_REQUIRED');
});

test('R17: a scope that the user was asked for and never gave is asked for again', async () => {
  const server = await serveOAuth();
  const authProvider = new MemoryProvider(held(server, 'good-token'));
  const meet = async () => {
    server.on('ping', insufficient('files:write'));
    const { client, transport } = await connect({ url: server.url, authProvider });
    const error = await failure(client.ping());
    await transport.close();
    return error.code;
  };
  expect([await meet(), await meet()]).toEqual(['AUTHORIZATION_REQUIRED', 'AUTHORIZATION_REQUIRED']);
  expect(authProvider.redirects).toHaveLength(2);
  expect(server.of('POST')).toEqual([]);
});

test('R17: a code that is refused takes nothing away that was granted before', async () => {
  const server = await serveOAuth();
  server.on('POST /token', status(400, {}, JSON.stringify({ error: 'invalid_grant' })));
  const authProvider = Object.assign(new MemoryProvider(heldFor(server, 'files:read')), {
    invalidateCredentials: () => {
      authProvider.stored = undefined;
    },
  });
  const { client, transport } = await connect({ url: server.url, authProvider });
  server.on('ping', insufficient('files:write'));
  expect(await failure(client.ping())).toMatchObject({ code: 'AUTHORIZATION_REQUIRED' });
  const refused = failure(transport.finishAuth?.('another-code') ?? Promise.resolve());
  expect(await refused).toMatchObject({ code: 'AUTHORIZATION_FAILED', details: { error: 'invalid_grant' } });
  expect(authProvider.stored?.access_token).toBe('good-token');
});

test('R17: a 403 that comes after the user was asked asks nobody again, and the code is for the question', async () => {
  const server = await serveOAuth();
  const authServer = await serve();
  const origin = new URL(authServer.url).origin;
  // Only the challenge tells where the authorization server is.
  server
    .on('GET /.well-known/oauth-protected-resource/mcp', status(404))
    .on('GET /question', json({ resource: server.url, authorization_servers: [origin] }));
  authServer.on('GET', status(404)).on('POST /token', json({ access_token: 'new', token_type: 'Bearer' }));
  const authProvider = new MemoryProvider({ ...held(authServer, 'good-token'), scope: 'files:read' });
  const { client, transport } = await connect({ url: server.url, authProvider });
  const where = `, resource_metadata="${new URL('/question', server.url).href}"`;
  const question = status(403, {
    'www-authenticate': `Bearer error="insufficient_scope", scope="files:write"${where}`,
  });
  let refuseFirst = () => {};
  const first = new Promise<void>((resolve) => {
    server.on('ping', (received) => {
      if (server.of('ping').length > 1) return question(received);
      refuseFirst = () => insufficient('files:delete')(received);
      resolve();
    });
  });
  const early = failure(client.ping());
  await first;
  expect(await failure(client.ping())).toMatchObject({ code: 'AUTHORIZATION_REQUIRED' });
  refuseFirst();
  expect(await early).toMatchObject({ code: 'AUTHORIZATION_REQUIRED' });
  expect(authProvider.redirects).toHaveLength(1);
  await transport.finishAuth?.('the-code');
  expect(authServer.of('POST').map(({ body }) => body?.includes('code=the-code'))).toEqual([true]);
  expect(server.of('POST')).toEqual([]);
});

test('row 27: scopes that were granted one after the other do not count against a 401', async () => {
  const server = await serveOAuth();
  server.on('POST /token', json({ access_token: 'good-token', token_type: 'Bearer' }));
  const authProvider = new MemoryProvider({ access_token: 'good-token', token_type: 'Bearer' });
  for (let times = 0; times < MAX_GRANTS; times += 1) {
    server.on('tools/call', insufficient(`files:${times}`));
    const { client, transport } = await connect({ url: server.url, authProvider });
    await failure(client.callTool({ name: `tool-${times}` }));
    await transport.finishAuth?.('the-code');
    await transport.close();
  }
  server.on('initialize', challenge());
  const { transport } = open({ url: server.url, authProvider });
  await transport.start();
  expect(await failure(transport.send(initialize))).toMatchObject({ code: 'AUTHORIZATION_REQUIRED' });
});
