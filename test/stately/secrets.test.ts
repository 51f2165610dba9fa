/** row 63: no token and no header ever reaches an inspector. */
import { expect, onTestFinished, test } from 'vitest';
import { ConnectionManager, type ConnectionOptions, createConnectionPool } from '../../src/index.js';
import { errorOf } from '../connection/support.js';
import { type Received, refuse, ScriptedServer, status, stream } from '../fixtures/servers/http-scripted.js';
import { TokenKeeper } from '../matrix/tokenKeeper.js';
import { faultyServer } from '../support/faultyServer.js';
import { Clerk } from './visible.js';

const SENTINEL = /sentinel/i;
const quick = {
  retryPolicy: {
    backoffStrategy: { type: 'constant', delay: 1 },
    jitter: 'none',
    minDelay: 1,
    initialAttempts: 2,
  },
} as const;

async function expectNothing(clerk: Clerk): Promise<void> {
  await clerk.whenSent();
  for (const seen of [clerk.json, clerk.reached, clerk.sent]) {
    expect(seen.length).toBeGreaterThan(15);
    expect(seen.filter((text) => SENTINEL.test(text)).map((text) => text.slice(0, 400))).toEqual([]);
  }
}

function watched(options: Omit<ConnectionOptions, 'name'>) {
  const clerk = new Clerk();
  const manager = new ConnectionManager({ name: 'keeper', inspect: clerk.inspect, ...quick, ...options });
  onTestFinished(() => manager.terminate());
  return { manager, clerk };
}

const env = { API_KEY: 'env-sentinel', QUOTED: 'quoted "sentinel" \\ line' };
const stdioServer = { command: process.execPath, args: [faultyServer], env };

/** Calls with secrets in their arguments, whose answers and last words repeat all of them. */
async function tellEverything(manager: ConnectionManager): Promise<void> {
  const call = (name: string, args: object) => manager.callTool({ name, arguments: { ...args } });
  await call('echo', { text: 'argument-sentinel', key: 'argument-sentinel' });
  await call('environment', {});
  await call('raw', { text: 'not a message, but env-sentinel\n' });
  await errorOf(call('no-such-sentinel', {}));
  const stderr = `fatal: ${Object.values(env).join(' ')} ${JSON.stringify(env)} named-sentinel\n`;
  await errorOf(call('exit', { code: 1, stderr }));
  await manager.waitFor('connected');
}

test('row 63: over stdio, whatever the process repeats', async () => {
  const { manager, clerk } = watched({ server: stdioServer, secrets: ['named-sentinel'] });
  await manager.connect();
  await tellEverything(manager);
  await manager.checkHealth();
  await manager.terminate();
  await expectNothing(clerk);
  // Its last words were shown, without what they told.
  for (const seen of [clerk.json, clerk.reached, clerk.sent]) {
    expect(seen.some((text) => text.includes('[secret]'))).toBe(true);
  }
});

test('row 63: in a pool', async () => {
  const clerk = new Clerk();
  const pool = createConnectionPool({
    servers: { one: stdioServer, two: { server: stdioServer } },
    secrets: ['named-sentinel'],
    inspect: clerk.inspect,
    ...quick,
  });
  onTestFinished(() => pool[Symbol.asyncDispose]());
  for (const name of ['one', 'two']) await tellEverything(await pool.get(name));
  await pool.drain();
  await expectNothing(clerk);
});

const SECRETS = [
  'header-sentinel',
  'bearer-sentinel',
  'function-sentinel',
  'user-sentinel',
  'password-sentinel',
  'query-sentinel',
  'token-sentinel',
  'named-sentinel',
  btoa('user-sentinel:password-sentinel'),
];
const words = SECRETS.join(' ');

const tell = ({ response, id }: Received) => {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ jsonrpc: '2.0', id, error: { code: -32000, message: words, data: words } }));
};

/** What the server does with the handshake, all of it full of what it was sent. */
test.each<[string, (received: Received) => void]>([
  ['an error as its answer', tell],
  ['a refusal', (received) => refuse(422, -32000, words)(received)],
  ['being busy', (received) => refuse(503, -32000, words)(received)],
  ['a challenge', (received) => status(401, { 'www-authenticate': `Bearer error="${words}"` })(received)],
  [
    'asking for more',
    (received) =>
      status(403, { 'www-authenticate': `Bearer error="insufficient_scope", scope="${words}"` })(received),
  ],
  [
    'a redirect',
    (received) => status(307, { location: `http://127.0.0.1:1/?${SECRETS.join('&')}` })(received),
  ],
  ['another type', (received) => status(200, { 'content-type': SECRETS.join('-') }, words)(received)],
  ['no JSON', (received) => status(200, { 'content-type': 'application/json' }, words)(received)],
  [
    'a stream that is none',
    (received) => {
      stream(received, { id: words, event: words, data: words });
      received.response.end();
    },
  ],
  [
    'a session of that name',
    ({ response, id }) => {
      const result = {
        protocolVersion: '2025-11-25',
        capabilities: { tools: {}, [words]: {} },
        serverInfo: { name: words, version: words },
        instructions: words,
      };
      response.writeHead(200, { 'content-type': 'application/json', 'mcp-session-id': 'session-sentinel' });
      response.end(JSON.stringify({ jsonrpc: '2.0', id, result }));
    },
  ],
  ['the end of the socket', ({ response }) => response.destroy()],
])('row 63: over HTTP, where the server answers with %s', async (_, reply) => {
  const server = await ScriptedServer.start();
  onTestFinished(() => server.die());
  server
    .on('initialize', reply)
    .on('tools/call', tell)
    .on('DELETE', status(500, {}, words));
  const { manager, clerk } = watched({
    server: {
      url: `http://user-sentinel:password-sentinel@127.0.0.1:${server.port}/mcp?key=query-sentinel`,
      headers: { 'x-key': 'header-sentinel', 'x-token': 'Bearer bearer-sentinel' },
    },
    headers: () => ({ 'x-late': 'function-sentinel' }),
    secrets: ['named-sentinel', 'session-sentinel'],
    authProvider: new TokenKeeper({ access_token: 'token-sentinel', token_type: 'Bearer' }),
  });
  await manager.connect().then(
    () => errorOf(manager.callTool({ name: 'echo', arguments: { text: 'argument-sentinel' } })),
    () => {},
  );
  await manager.terminate();
  expect(JSON.stringify(server.requests.map(({ headers }) => headers))).toContain('header-sentinel');
  await expectNothing(clerk);
});

/** The embedder's own parts fail, and quote what they were given. */
const failing = () => Promise.reject(new Error(`cannot use ${words}`, { cause: new Error(words) }));

test.each<[string, Omit<ConnectionOptions, 'name' | 'server'>]>([
  ['headers', { headers: failing }],
  ['fetch', { fetch: failing }],
  ['a provider of tokens', { authProvider: Object.assign(new TokenKeeper(), { tokens: failing }) }],
  ['a probe', { healthCheck: { probe: failing } }],
  ['what sets up a client', { configureClient: failing }],
])('row 63: %s that fails', async (_, options) => {
  const server = await ScriptedServer.start();
  onTestFinished(() => server.die());
  const { manager, clerk } = watched({ server: { url: server.url }, secrets: SECRETS, ...options });
  await errorOf(manager.connect());
  await manager.terminate();
  await expectNothing(clerk);
});

test('row 63: a transport that cannot be made', async () => {
  const { manager, clerk } = watched({
    server: () => {
      throw new Error(`cannot use ${words}`);
    },
    secrets: SECRETS,
  });
  await errorOf(manager.connect());
  await manager.terminate();
  await expectNothing(clerk);
});

test('row 63: the clerk would have seen it', async () => {
  const clerk = new Clerk();
  const { manager } = watched({ server: stdioServer, inspect: clerk.inspect });
  manager.actor.send({ type: 'connection.connect' });
  const seen = clerk.json.length;
  Reflect.apply(manager.actor.send, manager.actor, [
    { type: 'unknown', error: new Error('a sentinel'), told: 'a sentinel' },
  ]);
  expect(clerk.json.slice(seen).some((text) => SENTINEL.test(text))).toBe(true);
  expect(clerk.reached.some((text) => SENTINEL.test(text))).toBe(true);
  await clerk.whenSent();
  expect(clerk.sent.some((text) => SENTINEL.test(text))).toBe(true);
});
