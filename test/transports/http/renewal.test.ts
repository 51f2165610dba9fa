import type { OAuthClientProvider, OAuthDiscoveryState } from '@modelcontextprotocol/sdk/client/auth.js';
import { expect, test } from 'vitest';
import { RENEWAL_LIMIT } from '../../../src/transports/http/authorization.js';
import { SETTLED_AFTER } from '../../../src/transports/http/pace.js';
import { BODY_PATIENCE } from '../../../src/transports/http/refusal.js';
import { type Reply, status, stream } from '../../fixtures/servers/http-scripted.js';
import { connect, failure, initialize, ObservedClock, open } from './connect.js';
import { challenge, guarded, held, json, MemoryProvider, pong, serveOAuth } from './oauth.js';

test('a token that expired is renewed, and the request sent again', async () => {
  const server = await serveOAuth();
  const authProvider = new MemoryProvider(held(server));
  const { client, losses } = await connect({ url: server.url, authProvider });
  await client.ping();
  expect(server.of('initialize').map(({ headers }) => headers.authorization)).toEqual([
    'Bearer old-token',
    'Bearer good-token',
  ]);
  expect(authProvider.redirects).toEqual([]);
  expect(losses).toEqual([]);
});

test('tokens that the provider could not keep send no user away, and what is told of it hides them', async () => {
  const server = await serveOAuth(() => 'token-sentinel');
  const authProvider = new MemoryProvider(held(server));
  authProvider.saveTokens = ({ access_token }) => {
    throw new Error(`no room for ${access_token}`);
  };
  const { transport } = open({ url: server.url, authProvider });
  await transport.start();
  const error = await failure(transport.send(initialize));
  expect(error).toMatchObject({ code: 'TRANSPORT_FAILED', details: { unsent: true } });
  expect(error.cause).toMatchObject({ message: 'no room for [secret]' });
  expect(authProvider.redirects).toEqual([]);
  expect(server.of('POST')).toHaveLength(1);
});

test('requests that meet an expired token together renew it once', async () => {
  let token = 'first-token';
  const server = await serveOAuth(() => token);
  const authProvider = new MemoryProvider(held(server, token));
  const { client, losses } = await connect({ url: server.url, authProvider });
  token = 'second-token';
  await Promise.all(Array.from({ length: 5 }, () => client.ping()));
  expect(server.of('POST')).toHaveLength(1);
  expect(losses).toEqual([]);
});

test('a renewal that somebody else made is used, and no other made', async () => {
  let token = 'first-token';
  const server = await serveOAuth(() => token);
  const authProvider = new MemoryProvider(held(server, token));
  const { client } = await connect({ url: server.url, authProvider });
  token = 'second-token';
  server.on('ping', (received) => {
    authProvider.stored = held(server, token);
    guarded(() => token, pong)(received);
  });
  await client.ping();
  expect(server.of('POST')).toEqual([]);
  expect(server.of('ping')).toHaveLength(2);
});

test('row 27: a token that is refused although it is new is not renewed for ever', async () => {
  const server = await serveOAuth();
  server.on('initialize', challenge());
  const authProvider = new MemoryProvider(held(server));
  const { transport } = open({ url: server.url, authProvider });
  await transport.start();
  expect(await failure(transport.send(initialize))).toMatchObject({ code: 'AUTHORIZATION_REQUIRED' });
  expect(server.of('initialize')).toHaveLength(2);
  expect(authProvider.redirects).toHaveLength(1);
});

test('row 27: a provider without a user is not asked for ever for a token that is refused', async () => {
  const server = await serveOAuth();
  server.on('initialize', challenge());
  const authProvider: OAuthClientProvider = Object.assign(new MemoryProvider(held(server)), {
    redirectUrl: undefined,
    prepareTokenRequest: () => new URLSearchParams({ grant_type: 'client_credentials' }),
  });
  const { transport } = open({ url: server.url, authProvider });
  await transport.start();
  expect(await failure(transport.send(initialize))).toMatchObject({ code: 'AUTHORIZATION_FAILED' });
  expect(server.of('initialize')).toHaveLength(2);
});

test('a stream whose token expires while the authorization server is busy is had later, and is no loss', async () => {
  let token = 'first-token';
  const server = await serveOAuth(() => token);
  const clock = new ObservedClock();
  let refusals = 0;
  server.on('POST /token', (received) => {
    refusals += 1;
    if (refusals === 1) status(503)(received);
    else json({ access_token: token, token_type: 'Bearer' })(received);
  });
  const resumed = new Promise<void>((resolve) => {
    server.on('GET /mcp', (received) => {
      const again: Reply = (accepted) => {
        stream(accepted);
        resolve();
      };
      if (token === 'second-token') return guarded(() => token, again)(received);
      token = 'second-token';
      stream(received);
      received.response.end();
    });
  });
  const authProvider = new MemoryProvider(held(server, token));
  const { losses } = await connect({ url: server.url, authProvider, clock });
  const hurry = async () => {
    for (;;) clock.fire(await clock.armed((delay) => delay !== SETTLED_AFTER && delay !== BODY_PATIENCE));
  };
  await Promise.race([resumed, hurry()]);
  expect(refusals).toBe(2);
  expect(losses).toEqual([]);
  expect(authProvider.redirects).toEqual([]);
});

test.each([
  ['it is not even renewed, where it cannot be', undefined, 1],
  ['it is renewed, but not for ever', 'refresh-token', 3],
])(
  'nobody is asked for a token for a stream that the session can do without: %s',
  async (_, refreshToken, most) => {
    const server = await serveOAuth();
    server.on('GET /mcp', challenge());
    const { refresh_token: _refreshToken, ...tokens } = held(server, 'good-token');
    const authProvider = new MemoryProvider({
      ...tokens,
      ...(refreshToken === undefined ? {} : { refresh_token: refreshToken }),
    });
    // Of the question that another connection has asked, and that is still open.
    authProvider.verifier = 'of-another-question';
    const { client, losses, errors } = await connect({ url: server.url, authProvider });
    while (errors.length === 0) await client.ping();
    expect(errors).toMatchObject([{ code: 'AUTHORIZATION_REQUIRED' }]);
    expect(authProvider.verifier).toBe('of-another-question');
    expect(losses).toEqual([]);
    expect(authProvider.redirects).toEqual([]);
    expect(server.of('GET').filter(({ path }) => path === '/mcp').length).toBeLessThanOrEqual(most);
  },
);

test('a renewal under way outlives the transport, for its token may be the last one that is taken', async () => {
  const server = await serveOAuth();
  let reply = () => {};
  const asked = new Promise<void>((resolve) => {
    server.on('POST /token', (received) => {
      reply = () => json({ access_token: 'good-token', token_type: 'Bearer' })(received);
      resolve();
    });
  });
  const authProvider = new MemoryProvider(held(server));
  const { transport } = open({ url: server.url, authProvider });
  await transport.start();
  const sent = failure(transport.send(initialize));
  await asked;
  const closed = transport.close();
  expect(await sent).toMatchObject({ code: 'CONNECTION_CLOSED' });
  reply();
  await closed;
  expect(authProvider.stored?.access_token).toBe('good-token');
});

test('the user is not asked when a renewal is refused after the transport has closed', async () => {
  const server = await serveOAuth();
  let reply = () => {};
  const asked = new Promise<void>((resolve) => {
    server.on('POST /token', (received) => {
      reply = () => status(400, {}, JSON.stringify({ error: 'invalid_grant' }))(received);
      resolve();
    });
  });
  // With what is kept here, the question needs no further request.
  let discovered: OAuthDiscoveryState | undefined;
  const authProvider = Object.assign(new MemoryProvider(held(server)), {
    discoveryState: () => discovered,
    saveDiscoveryState: (state: OAuthDiscoveryState) => {
      discovered = state;
    },
  });
  const { transport } = open({ url: server.url, authProvider });
  await transport.start();
  const sent = failure(transport.send(initialize));
  await asked;
  const closed = transport.close();
  reply();
  await closed;
  await sent;
  expect(discovered).toBeDefined();
  expect(authProvider.redirects).toEqual([]);
});

test('a renewal under way is not waited for longer than a moment', async () => {
  const server = await serveOAuth();
  const clock = new ObservedClock();
  const asked = new Promise<void>((resolve) => {
    server.on('POST /token', () => resolve());
  });
  const authProvider = new MemoryProvider(held(server));
  const { transport } = open({ url: server.url, authProvider, clock });
  await transport.start();
  const sent = failure(transport.send(initialize));
  await asked;
  const closed = transport.close();
  clock.fire(await clock.armed((delay) => delay === RENEWAL_LIMIT));
  await closed;
  await sent;
  expect(authProvider.stored?.access_token).toBe('old-token');
  expect(authProvider.redirects).toEqual([]);
});

test('row 27: a token that is refused although it is new is not renewed for ever for a stream either', async () => {
  const server = await serveOAuth();
  server.on('GET', challenge());
  const authProvider = new MemoryProvider(held(server));
  const { transport } = open({ url: server.url, authProvider, type: 'sse' });
  expect(await failure(transport.start())).toMatchObject({ code: 'AUTHORIZATION_REQUIRED' });
  expect(server.of('GET').filter(({ path }) => path === '/mcp')).toHaveLength(2);
});
