import { expect, test } from 'vitest';
import { SteppingClock } from '../../../src/testing/steppingClock.js';
import { GRANT_MEMORY, MAX_GRANTS } from '../../../src/transports/http/refusedGrants.js';
import { answerInitialize, status } from '../../fixtures/servers/http-scripted.js';
import { connect, failure, initialize, open, serve } from './connect.js';
import { challenge, held, json, MemoryProvider, pong, serveOAuth } from './oauth.js';

test('row 27: a 401 without an authProvider asks for an authorization, and tells which', async () => {
  const server = await serve();
  server.on(
    'initialize',
    challenge(', scope="files:read", error="invalid_token", resource_metadata="http://127.0.0.1/meta?x=1"'),
  );
  const { transport } = open({ url: server.url });
  await transport.start();
  const error = await failure(transport.send(initialize));
  expect(error.toRecord()).toEqual({
    code: 'AUTHORIZATION_REQUIRED',
    message: 'the server asks for an authorization',
    details: {
      status: 401,
      scheme: 'Bearer',
      scope: 'files:read',
      error: 'invalid_token',
      resourceMetadata: 'http://127.0.0.1/meta',
      unsent: true,
    },
  });
  expect(server.requests).toHaveLength(1);
});

test('row 27: a 401 without any challenge', async () => {
  const server = await serve();
  server.on('initialize', status(401));
  const { transport } = open({ url: server.url });
  await transport.start();
  expect(await failure(transport.send(initialize))).toMatchObject({
    code: 'AUTHORIZATION_REQUIRED',
    details: { status: 401 },
  });
});

test('a 401 sends the user to authorize; the code finishes it on the transport that met it, closed or not', async () => {
  const server = await serveOAuth();
  const authProvider = new MemoryProvider();
  const { transport } = open({ url: server.url, authProvider });
  await transport.start();
  const error = await failure(transport.send(initialize));
  expect(error).toMatchObject({ code: 'AUTHORIZATION_REQUIRED', details: { status: 401 } });
  expect(authProvider.redirects).toHaveLength(1);

  await transport.close();
  await transport.finishAuth?.('the-code');
  expect(server.of('POST')[0]?.body).toContain('code=the-code');
  const { client } = await connect({ url: server.url, authProvider });
  await client.ping();
  expect(server.of('ping')[0]?.headers.authorization).toBe('Bearer good-token');
});

test('row 27: the user is asked once over one transport, also by requests that meet the refusal later', async () => {
  const server = await serveOAuth();
  const authProvider = new MemoryProvider(held(server, 'good-token'));
  const { client } = await connect({ url: server.url, authProvider });
  server
    .on('ping', challenge())
    .on('POST /token', status(400, {}, JSON.stringify({ error: 'invalid_grant' })));
  expect(await failure(client.ping())).toMatchObject({ code: 'AUTHORIZATION_REQUIRED' });
  expect(await failure(client.ping())).toMatchObject({ code: 'AUTHORIZATION_REQUIRED' });
  expect(authProvider.redirects).toHaveLength(1);
});

test('row 27: a 401 in the middle of a session loses it', async () => {
  const server = await serve();
  const { client, losses } = await connect({ url: server.url });
  server.on('ping', challenge());
  const error = await failure(client.ping());
  expect(error).toMatchObject({ code: 'AUTHORIZATION_REQUIRED' });
  expect(losses).toEqual([error]);
});

test('an authorization server that refuses fails the authorization', async () => {
  const server = await serveOAuth();
  server.on('POST /token', status(400, {}, JSON.stringify({ error: 'invalid_scope' })));
  const authProvider = new MemoryProvider(held(server));
  const { transport } = open({ url: server.url, authProvider });
  await transport.start();
  expect(await failure(transport.send(initialize))).toMatchObject({ code: 'AUTHORIZATION_FAILED' });
});

test('an authorization server that is not reached is a network error', async () => {
  const server = await serveOAuth();
  const gone = await serve();
  const { url } = gone;
  await gone.die();
  server.on(
    'GET /.well-known/oauth-protected-resource/mcp',
    json({ resource: server.url, authorization_servers: [new URL(url).origin] }),
  );
  const authProvider = new MemoryProvider(held(server));
  authProvider.information = undefined;
  const { transport } = open({ url: server.url, authProvider });
  await transport.start();
  expect(await failure(transport.send(initialize))).toMatchObject({ code: 'NETWORK_ERROR' });
});

test('a provider that cannot give its tokens fails the request, and nothing is sent', async () => {
  const server = await serve();
  const authProvider = new MemoryProvider();
  authProvider.tokens = () => {
    throw new Error('locked');
  };
  const { transport } = open({ url: server.url, authProvider });
  await transport.start();
  expect(await failure(transport.send(initialize))).toMatchObject({ code: 'TRANSPORT_FAILED' });
  expect(server.requests).toEqual([]);
});

test('finishing an authorization that nobody can begin fails', async () => {
  const { transport } = open({ url: 'http://127.0.0.1:1/' });
  expect(await failure(transport.finishAuth?.('code') ?? Promise.resolve())).toMatchObject({
    code: 'AUTHORIZATION_FAILED',
  });
});

test('row 27: a user is not asked for ever, but as often as tokens expire', async () => {
  const server = await serveOAuth();
  server.on('POST /token', json({ access_token: 'good-token', token_type: 'Bearer' }));
  server.on('initialize', challenge());
  const authProvider = new MemoryProvider();
  const clock = new SteppingClock();
  const meet = async () => {
    const { transport } = open({ url: server.url, authProvider, clock });
    await transport.start();
    const error = await failure(transport.send(initialize));
    if (error.code === 'AUTHORIZATION_REQUIRED') await transport.finishAuth?.('the-code');
    await transport.close();
    return error.code;
  };
  for (let times = 0; times < 2 * MAX_GRANTS; times += 1) {
    expect(await meet()).toBe('AUTHORIZATION_REQUIRED');
    await clock.advance(GRANT_MEMORY / MAX_GRANTS);
  }
  await clock.advance(GRANT_MEMORY);
  for (let times = 0; times < MAX_GRANTS; times += 1) {
    expect(await meet()).toBe('AUTHORIZATION_REQUIRED');
  }
  expect(await meet()).toBe('AUTHORIZATION_FAILED');
  // Whoever was told and comes back begins anew.
  expect(await meet()).toBe('AUTHORIZATION_REQUIRED');
});

test('a provider that never comes back from its user holds nobody up when its transport is gone', async () => {
  const server = await serveOAuth();
  const authProvider = new MemoryProvider();
  let asked = 0;
  let tell = () => {};
  authProvider.redirectToAuthorization = () => {
    asked += 1;
    tell();
    return new Promise(() => {});
  };
  for (let times = 1; times <= 2; times += 1) {
    const told = new Promise<void>((resolve) => {
      tell = resolve;
    });
    const { transport } = open({ url: server.url, authProvider });
    await transport.start();
    const sent = failure(transport.send(initialize));
    await told;
    await transport.close();
    expect(await sent).toMatchObject({ code: 'CONNECTION_CLOSED' });
    expect(asked).toBe(times);
  }
});

test('headers for the server do not go to an authorization server elsewhere', async () => {
  const server = await serveOAuth();
  const other = await serve();
  const origin = new URL(other.url).origin;
  server.on(
    'GET /.well-known/oauth-protected-resource/mcp',
    json({ resource: server.url, authorization_servers: [origin] }),
  );
  other.on('GET', status(404)).on('POST', json({ access_token: 'good-token', token_type: 'Bearer' }));
  const authProvider = new MemoryProvider(held(other));
  await connect({ url: server.url, authProvider, headers: { 'x-key': 'sesame' } });
  expect(other.of('POST')).toHaveLength(1);
  expect(other.requests.filter(({ headers }) => 'x-key' in headers)).toEqual([]);
  expect(server.requests.filter(({ headers }) => headers['x-key'] !== 'sesame')).toEqual([]);
});

test('row 63: a token that the server repeats does not show', async () => {
  const server = await serve();
  server.on('initialize', (received) =>
    status(
      422,
      { 'content-type': 'application/json' },
      JSON.stringify({
        jsonrpc: '2.0',
        id: null,
        error: { code: -32000, message: received.headers.authorization },
      }),
    )(received),
  );
  const authProvider = new MemoryProvider({ access_token: 'token-sentinel', token_type: 'Bearer' });
  const { transport } = open({ url: server.url, authProvider });
  await transport.start();
  const { message } = await failure(transport.send(initialize));
  expect(message).toContain('[secret]');
  expect(message).not.toContain('sentinel');
});

test('row 63: nor does one that another has taken the place of meanwhile', async () => {
  const server = await serveOAuth();
  const authProvider = new MemoryProvider(held(server, 'first-sentinel'));
  server.on('initialize', answerInitialize);
  const { client } = await connect({ url: server.url, authProvider });
  let answerFirst = () => {};
  const asked = new Promise<void>((resolve) => {
    server.on('ping', (received) => {
      if (server.of('ping').length > 1) return pong(received);
      const message = `no: ${received.headers.authorization}`;
      const body = JSON.stringify({ jsonrpc: '2.0', id: null, error: { code: -32000, message } });
      answerFirst = () => status(422, { 'content-type': 'application/json' }, body)(received);
      resolve();
    });
  });
  const first = failure(client.ping());
  await asked;
  // By another connection with the same provider.
  authProvider.stored = held(server, 'second-sentinel');
  await client.ping();
  answerFirst();
  const { message } = await first;
  expect(message).toContain('[secret]');
  expect(message).not.toContain('sentinel');
});
