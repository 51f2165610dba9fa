import { expect, test } from 'vitest';
import { ConfigError } from '../../../src/errors.js';
import { createHttpTransport } from '../../../src/transports/http/createHttpTransport.js';
import {
  answer,
  initializeResult,
  refuse,
  send,
  status,
  stream,
} from '../../fixtures/servers/http-scripted.js';
import { connect, failure, initialize, open, serve } from './connect.js';

const HTML = { 'content-type': 'text/html' };
const JSON_TYPE = { 'content-type': 'application/json' };

/** What `initialize` over a transport fails with. */
async function opening(options: Parameters<typeof open>[0]) {
  const { transport, losses } = open({ type: 'http', ...options });
  await transport.start();
  const error = await failure(transport.send(initialize));
  // Who sends hears it; there was no session to lose.
  expect(losses).toEqual([]);
  return error;
}

/** A failure of `fetch` as Node reports it. */
const failing = (code: string, syscall?: string) => async () => {
  const cause = Object.assign(new Error(`${code} somewhere`), { code, syscall });
  throw new TypeError('fetch failed', { cause });
};

test('row 26: a closed port refuses', async () => {
  const server = await serve();
  const { url } = server;
  await server.die();
  const error = await opening({ url });
  expect(error).toMatchObject({
    code: 'CONNECTION_REFUSED',
    cause: { code: 'ECONNREFUSED' },
    details: { code: 'ECONNREFUSED', unsent: true, reset: false },
  });
});

test('a connection that is cut is a network error, and the request may have been executed', async () => {
  const server = await serve();
  server.on('initialize', ({ response }) => response.socket?.destroy());
  const error = await opening({ url: server.url });
  expect(error).toMatchObject({ code: 'NETWORK_ERROR', details: { reset: true, unsent: false } });
});

test.each([
  ['ENOTFOUND', undefined, { unsent: true, reset: false }],
  ['EAI_AGAIN', undefined, { unsent: true, reset: false }],
  ['ETIMEDOUT', 'connect', { unsent: true, reset: false }],
  ['ETIMEDOUT', 'read', { unsent: false, reset: false }],
  ['UND_ERR_CONNECT_TIMEOUT', undefined, { unsent: true, reset: false }],
  ['UND_ERR_HEADERS_TIMEOUT', undefined, { unsent: false, reset: false }],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', undefined, { unsent: true, reset: false }],
  ['CERT_HAS_EXPIRED', undefined, { unsent: true, reset: false }],
  ['ERR_TLS_CERT_ALTNAME_INVALID', undefined, { unsent: true, reset: false }],
  ['ECONNRESET', 'read', { unsent: false, reset: true }],
  ['UND_ERR_SOCKET', undefined, { unsent: false, reset: true }],
])('%s (%s) is a network error', async (code, syscall, details) => {
  const error = await opening({ url: 'http://127.0.0.1:1/', fetch: failing(code, syscall) });
  expect(error).toMatchObject({ code: 'NETWORK_ERROR', details: { code, ...details } });
});

test.each(['EMFILE', 'ENFILE', 'ENOBUFS'])(
  '%s says that this machine is short of something',
  async (code) => {
    const error = await opening({ url: 'http://127.0.0.1:1/', fetch: failing(code, 'connect') });
    expect(error).toMatchObject({
      code: 'RESOURCES_EXHAUSTED',
      details: { code, unsent: true, reset: false },
    });
  },
);

test('several addresses that all refuse, refuse', async () => {
  const refused = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
  const error = await opening({
    url: 'http://127.0.0.1:1/',
    fetch: async () => {
      throw new TypeError('fetch failed', { cause: new AggregateError([refused]) });
    },
  });
  expect(error.code).toBe('CONNECTION_REFUSED');
});

test('a browser tells no code', async () => {
  const error = await opening({
    url: 'http://127.0.0.1:1/',
    fetch: async () => {
      throw new TypeError('Failed to fetch');
    },
  });
  expect(error).toMatchObject({ code: 'NETWORK_ERROR', details: { reset: false, unsent: false } });
  expect(error.details).not.toHaveProperty('code');
});

test('where fetch itself refuses, the message tells why', async () => {
  // A port that no fetch connects to.
  const error = await opening({ url: 'http://127.0.0.1:9/' });
  expect(error).toMatchObject({ code: 'NETWORK_ERROR', details: { reset: false, unsent: false } });
  expect(error.message).toBe('the connection to http://127.0.0.1:9 failed (bad port)');
});

test('row 61, row 63: what fetch says why is one short line without secrets', async () => {
  const error = await opening({
    url: 'http://127.0.0.1:1/',
    headers: { 'x-key': 'header-sentinel' },
    fetch: async () => {
      const cause = new Error(`no header-sentinel\n\u001b[31m${'d'.repeat(5_000)}`);
      throw new TypeError('fetch failed', { cause });
    },
  });
  expect(error.message).toContain(String.raw`(no [secret]\n\x1b[31mddd`);
  expect(error.message).not.toContain('sentinel');
  expect(error.message.length).toBeLessThan(300);
});

test.each([400, 404, 405, 406, 409, 410, 415, 422])('%i rejects', async (code) => {
  const server = await serve();
  server.on('initialize', status(code));
  expect(await opening({ url: server.url })).toMatchObject({
    code: 'HTTP_REJECTED',
    details: { status: code },
  });
});

test.each([408, 425, 429, 500, 502, 503, 504])('%i may pass', async (code) => {
  const server = await serve();
  server.on('initialize', status(code));
  const error = await opening({ url: server.url });
  expect(error).toMatchObject({ code: 'HTTP_ERROR', details: { status: code } });
  expect(error.details).not.toHaveProperty('retryAfter');
});

test.each([
  ['0', 0],
  ['7', 7_000],
  ['1000000000', 1e12],
  ['Wed, 21 Oct 2015 07:28:00 GMT', 0],
])('row 29: Retry-After %s', async (value, retryAfter) => {
  const server = await serve();
  server.on('initialize', status(429, { 'retry-after': value }));
  const error = await opening({ url: server.url });
  expect(error).toMatchObject({ code: 'HTTP_ERROR', details: { status: 429, retryAfter, unsent: true } });
});

test('row 29: Retry-After with a date to come, on the clock that was given', async () => {
  const server = await serve();
  server.on('initialize', status(503, { 'retry-after': 'Wed, 21 Oct 2015 07:28:00 GMT' }));
  const clock = {
    time: () => Date.parse('2015-10-21T07:27:30Z'),
    setTimeout: (callback: () => void, delay: number) => setTimeout(callback, delay),
    clearTimeout: (timer: unknown) => clearTimeout(timer as NodeJS.Timeout),
  };
  expect((await opening({ url: server.url, clock })).details.retryAfter).toBe(30_000);
});

test.each([
  ['HTML', status(200, HTML, '<p>Welcome</p>')],
  ['HTML that is called JSON', status(200, JSON_TYPE, '<p>Welcome</p>')],
  ['JSON that is no JSON-RPC', status(200, JSON_TYPE, '{"hello":"world"}')],
  ['nothing', status(204)],
  ['nothing but a promise', status(202)],
  ['no type', status(200, {}, '{}')],
  ['a reply without the answer', status(200, JSON_TYPE, '{"jsonrpc":"2.0","method":"notifications/x"}')],
])('row 31: %s in answer to initialize is no MCP', async (_what, reply) => {
  const server = await serve();
  server.on('initialize', reply);
  expect((await opening({ url: server.url })).code).toBe('NOT_MCP');
});

test('row 31: a body that is cut short is a network error', async () => {
  const server = await serve();
  server.on('initialize', ({ response }) => {
    response.writeHead(200, { ...JSON_TYPE, 'content-length': '1000' });
    response.write('{"jsonrpc"', () => response.socket?.destroy());
  });
  expect(await opening({ url: server.url })).toMatchObject({
    code: 'NETWORK_ERROR',
    details: { unsent: false },
  });
});

test('an error of the server that names initialize is its answer, though the status is 400', async () => {
  const server = await serve();
  server.on('initialize', refuse(400, -32602, 'Unsupported protocol version', 0));
  const { transport } = open({ url: server.url });
  const answered = new Promise((resolve) => {
    transport.onmessage = resolve;
  });
  await transport.start();
  await transport.send(initialize);
  expect(await answered).toMatchObject({ id: 0, error: { code: -32602 } });
});

test('row 31: a redirect to another origin is not followed', async () => {
  const server = await serve();
  const other = await serve();
  server.on('initialize', status(307, { location: `${other.url}?token=other-secret` }));
  const error = await opening({ url: server.url, headers: { authorization: 'Bearer sesame-open' } });
  expect(error).toMatchObject({ code: 'HTTP_REJECTED', details: { status: 307, location: other.url } });
  expect(error.message).toContain(other.url);
  expect(error.message).not.toContain('other-secret');
  expect(other.requests).toEqual([]);
});

test('a redirect within the origin is followed, with the headers and the body', async () => {
  const server = await serve();
  server.on('initialize', status(308, { location: '/moved' }));
  server.on('initialize /moved', (received) => answer(received, initializeResult));
  const { client } = await connect({ url: server.url, headers: { 'x-key': 'sesame' } });
  expect(client.getServerVersion()?.name).toBe('scripted');
  const [first, second] = server.of('initialize');
  expect(second).toMatchObject({ path: '/moved', headers: { 'x-key': 'sesame' }, body: first?.body });
});

test.each([
  ['that turns a POST into a GET', 302],
  ['without end', 307],
])('a redirect %s is not followed', async (_what, code) => {
  const server = await serve();
  server.on('initialize', status(code, { location: '/mcp' }));
  expect(await opening({ url: server.url })).toMatchObject({ code: 'HTTP_REJECTED' });
  expect(server.requests.length).toBeLessThan(10);
});

test('a header function is asked for each request', async () => {
  const server = await serve();
  let count = 0;
  const headers = async () => ({ 'x-count': String(++count) });
  const { client } = await connect({ url: server.url, headers });
  await client.ping();
  expect(server.requests.map((request) => request.headers['x-count'])).toEqual(['1', '2', '3', '4']);
});

test.each([
  [
    'throws',
    () => {
      throw new Error('out of keys: sesame');
    },
  ],
  ['gives no headers', () => ({ 'not a name': 'sesame' })],
  ['gives a value that is none', () => ({ 'x-key': 'sesame\u0000' })],
])('a header function that %s fails the request alone', async (_what, headers) => {
  const server = await serve();
  const error = await opening({ url: server.url, headers });
  expect(error).toMatchObject({ code: 'TRANSPORT_FAILED', details: { unsent: true } });
  expect(error.message).not.toContain('sesame');
  expect(server.requests).toEqual([]);
});

test("the protocol's own headers are not the embedder's", async () => {
  const server = await serve();
  const { client } = await connect({
    url: server.url,
    headers: { 'Mcp-Session-Id': 'mine', accept: 'x/y', 'MCP-Protocol-Version': '1', 'content-type': 'x/y' },
  });
  await client.ping();
  expect(server.of('ping')[0]?.headers).toMatchObject({
    'mcp-session-id': 'session-1',
    'mcp-protocol-version': '2025-11-25',
    accept: 'application/json, text/event-stream',
    'content-type': 'application/json',
  });
});

test('user and password of the URL are sent as authorization', async () => {
  const server = await serve();
  await connect({ url: server.url.replace('//', '//j%C3%BCrgen:pass%20word@') });
  const sent = server.of('initialize')[0]?.headers.authorization ?? '';
  expect(Buffer.from(sent.replace('Basic ', ''), 'base64').toString()).toBe('jürgen:pass word');
});

test('row 63: no secret shows in an error', async () => {
  const secrets = ['user-sentinel', 'pass-sentinel', 'query-sentinel', 'header-sentinel', 'other-sentinel'];
  const server = await serve();
  const everything = `${secrets.join(' ')} and path-sentinel-0123456789`;
  server.on('initialize', refuse(422, -32000, everything));
  const url = server.url
    .replace('//', '//user-sentinel:pass-sentinel@')
    .replace('/mcp', '/s/path-sentinel-0123456789/mcp?key=query-sentinel');
  const error = await opening({
    url,
    headers: { authorization: 'Bearer header-sentinel' },
    secrets: ['other-sentinel'],
  });
  const shown = JSON.stringify([error.toRecord(), String(error), error.cause ?? null]);
  expect(shown).toContain(`127.0.0.1:${server.port}`);
  expect(shown).toContain('[secret]');
  expect(shown).not.toContain('sentinel');
});

test('row 61: what a server says is one short line', async () => {
  const server = await serve();
  server.on('initialize', refuse(422, -32000, `a\nb\u001b[31mc${'d'.repeat(5_000)}`));
  const { message } = await opening({ url: server.url });
  expect(message).toContain('a\\nb\\x1b[31mcd');
  expect(message.length).toBeLessThan(300);
});

test('a message of more than 10 MiB ends the session', async () => {
  const server = await serve();
  const huge = 'x'.repeat(10 * 1024 * 1024);
  server.on('ping', (received) => answer(received, { huge }));
  const { client, lost } = await connect({ url: server.url });
  expect(await failure(client.ping())).toMatchObject({ code: 'FRAME_TOO_LARGE' });
  expect(await lost).toMatchObject({ code: 'FRAME_TOO_LARGE' });
});

test('an event of more than 10 MiB ends the session', async () => {
  const server = await serve();
  const half = 'x'.repeat(6 * 1024 * 1024);
  server.on('GET', (received) => {
    stream(received);
    received.response.write(`data: ${half}`, () => received.response.write(half));
  });
  const { lost } = await connect({ url: server.url });
  expect(await lost).toMatchObject({ code: 'FRAME_TOO_LARGE' });
});

test('many events of together more than 10 MiB do not', async () => {
  const server = await serve();
  const part = 'x'.repeat(3 * 1024 * 1024);
  const notification = { jsonrpc: '2.0', method: 'notifications/x', params: { part } };
  server.on('ping', (received) => {
    stream(received, ...Array.from({ length: 5 }, () => ({ data: notification })));
    send(received.response, { data: { jsonrpc: '2.0', id: received.id, result: {} } });
    received.response.end();
  });
  const { client, losses } = await connect({ url: server.url });
  await client.ping();
  expect(losses).toEqual([]);
});

test.each([
  ['no URL', 'sesame-open'],
  ['another protocol', 'ftp://user:sesame-open@host/'],
])('%s is refused at once, without being shown', (_what, url) => {
  const create = () => createHttpTransport({ url });
  expect(create).toThrow(ConfigError);
  expect(create).not.toThrow(/sesame-open/);
});

test('headers that are none are refused at once, without the value', () => {
  const create = () =>
    createHttpTransport({ url: 'http://127.0.0.1/', headers: { 'x-key': 'sesame\nopen' } });
  expect(create).toThrow(ConfigError);
  expect(create).not.toThrow(/sesame/);
});
