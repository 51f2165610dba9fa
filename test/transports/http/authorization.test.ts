import type { OAuthClientProvider } from '@modelcontextprotocol/sdk/client/auth.js';
import type { OAuthClientInformationMixed, OAuthTokens } from '@modelcontextprotocol/sdk/shared/auth.js';
import { expect, test } from 'vitest';
import { SteppingClock } from '../../../src/testing/steppingClock.js';
import { RENEWAL_LIMIT } from '../../../src/transports/http/authorization.js';
import { SETTLED_AFTER } from '../../../src/transports/http/pace.js';
import { BODY_PATIENCE } from '../../../src/transports/http/refusal.js';
import { GRANT_MEMORY, MAX_GRANTS } from '../../../src/transports/http/refusedGrants.js';
import { MAX_STEP_UPS, STEP_UP_MEMORY } from '../../../src/transports/http/stepUps.js';
import {
  answer,
  answerInitialize,
  type Reply,
  type ScriptedServer,
  status,
  stream,
} from '../../fixtures/servers/http-scripted.js';
import { connect, failure, initialize, ObservedClock, open, serve } from './connect.js';

/** Keeps everything in memory, and remembers where it was to send the user. */
class MemoryProvider implements OAuthClientProvider {
  redirectUrl = 'http://127.0.0.1/callback';
  clientMetadata = { redirect_uris: [this.redirectUrl] };
  stored: OAuthTokens | undefined;
  redirects: URL[] = [];
  verifier = '';
  information: OAuthClientInformationMixed | undefined = { client_id: 'client' };

  constructor(stored?: OAuthTokens) {
    this.stored = stored;
  }
  clientInformation() {
    return this.information;
  }
  saveClientInformation(information: OAuthClientInformationMixed) {
    this.information = information;
  }
  tokens() {
    return this.stored;
  }
  saveTokens(tokens: OAuthTokens) {
    this.stored = tokens;
  }
  redirectToAuthorization(url: URL): void | Promise<void> {
    this.redirects.push(url);
  }
  saveCodeVerifier(verifier: string) {
    this.verifier = verifier;
  }
  codeVerifier() {
    return this.verifier;
  }
}

const json = (body: unknown): Reply =>
  status(200, { 'content-type': 'application/json' }, JSON.stringify(body));

const challenge = (more = ''): Reply => status(401, { 'www-authenticate': `Bearer realm="x"${more}` });

/** Replies to whoever has the token. */
const guarded =
  (token: () => string, reply: Reply, refusal: Reply = challenge()): Reply =>
  (received) =>
    (received.headers.authorization === `Bearer ${token()}` ? reply : refusal)(received);

const pong: Reply = (received) => answer(received, {});

/** A server that wants the token that its token endpoint gives. */
async function serveOAuth(token = () => 'good-token'): Promise<ScriptedServer> {
  const server = await serve();
  const origin = `http://127.0.0.1:${server.port}`;
  return server
    .on(
      'GET /.well-known/oauth-protected-resource/mcp',
      json({ resource: server.url, authorization_servers: [origin] }),
    )
    .on(
      'GET /.well-known/oauth-authorization-server',
      json({
        issuer: origin,
        authorization_endpoint: `${origin}/authorize`,
        token_endpoint: `${origin}/token`,
        response_types_supported: ['code'],
        code_challenge_methods_supported: ['S256'],
      }),
    )
    .on('POST /token', (received) =>
      json({ access_token: token(), token_type: 'Bearer', refresh_token: 'refresh-token' })(received),
    )
    .on('initialize', guarded(token, answerInitialize))
    .on('ping', guarded(token, pong));
}

/** What a provider holds that an authorization server gave it earlier. */
const held = (server: ScriptedServer, token = 'old-token'): OAuthTokens => ({
  access_token: token,
  token_type: 'Bearer',
  refresh_token: 'refresh-token',
  issuer: new URL(server.url).origin,
});

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

test('row 27: nor is the token of a provider without a user, which there is nobody to ask about', async () => {
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
    const { client, losses, errors } = await connect({ url: server.url, authProvider });
    while (errors.length === 0) await client.ping();
    expect(errors).toMatchObject([{ code: 'AUTHORIZATION_REQUIRED' }]);
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

test('it is not waited for longer than a moment', async () => {
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

test('row 27: nor is it for a stream', async () => {
  const server = await serveOAuth();
  server.on('GET', challenge());
  const authProvider = new MemoryProvider(held(server));
  const { transport } = open({ url: server.url, authProvider, type: 'sse' });
  expect(await failure(transport.start())).toMatchObject({ code: 'AUTHORIZATION_REQUIRED' });
  expect(server.of('GET').filter(({ path }) => path === '/mcp')).toHaveLength(2);
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
