import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { expect, onTestFinished, test, vi } from 'vitest';
import { ConnectionError } from '../../../src/errors.js';
import {
  initializeResult,
  type Received,
  refuse,
  type ScriptedServer,
  send,
  status,
  stream,
} from '../../fixtures/servers/http-scripted.js';
import { connect, failure, initialize, open, ping, serve } from './connect.js';

const ENDPOINT = '/message?sessionId=1';

/** A server of HTTP+SSE at `/mcp`: answers go to the stream that was opened last. */
async function serveSse(): Promise<ScriptedServer> {
  const server = await serve();
  let events: Received | undefined;
  server.on('GET', (received) => {
    events = received;
    stream(received, { event: 'endpoint', data: ENDPOINT });
  });
  const reply = (result: unknown) => (received: Received) => {
    status(202)(received);
    if (events !== undefined) send(events.response, { data: { jsonrpc: '2.0', id: received.id, result } });
  };
  server.on('POST /mcp', status(405)).on('initialize /mcp', status(405));
  server.on(`initialize ${ENDPOINT}`, reply(initializeResult));
  server.on(`ping ${ENDPOINT}`, reply({}));
  return server;
}

test.each([400, 404, 405])('R15: a POST answered %i falls back to HTTP+SSE', async (code) => {
  const server = await serveSse();
  server.on('initialize /mcp', status(code));
  const { client, losses, errors } = await connect({ url: server.url, headers: { 'x-key': 'sesame' } });
  await client.ping();
  expect(server.requests.map(({ key, path }) => `${key} ${path}`)).toEqual([
    'initialize /mcp',
    'GET /mcp',
    `initialize ${ENDPOINT}`,
    `notifications/initialized ${ENDPOINT}`,
    `ping ${ENDPOINT}`,
  ]);
  expect(server.requests.every(({ headers }) => headers['x-key'] === 'sesame')).toBe(true);
  expect(server.of('ping')[0]?.headers['mcp-protocol-version']).toBe('2025-11-25');
  expect(losses).toEqual([]);
  expect(errors).toEqual([]);
});

test.each([401, 403, 406, 429, 500])('a POST answered %i does not', async (code) => {
  const server = await serveSse();
  server.on('initialize /mcp', status(code));
  const { transport } = open({ url: server.url });
  await transport.start();
  await failure(transport.send(initialize));
  expect(server.of('GET')).toEqual([]);
});

test('Streamable HTTP alone does not fall back', async () => {
  const server = await serveSse();
  const { transport } = open({ url: server.url, type: 'http' });
  await transport.start();
  expect(await failure(transport.send(initialize))).toMatchObject({
    code: 'HTTP_REJECTED',
    details: { status: 405 },
  });
  expect(server.of('GET')).toEqual([]);
});

test.each([
  ['405', status(405)],
  ['404', status(404)],
  ['a page', status(200, { 'content-type': 'text/html' }, 'hello')],
])('where HTTP+SSE is not spoken either (%s), the first answer is told', async (_what, reply) => {
  const server = await serve();
  server.on('initialize', status(400)).on('GET', reply);
  const { transport } = open({ url: server.url });
  await transport.start();
  expect(await failure(transport.send(initialize))).toMatchObject({
    code: 'HTTP_REJECTED',
    details: { status: 400 },
  });
});

test('where the fallback meets another obstacle, that is told', async () => {
  const server = await serve();
  server.on('initialize', status(404)).on('GET', status(401, { 'www-authenticate': 'Bearer' }));
  const { transport } = open({ url: server.url });
  await transport.start();
  expect(await failure(transport.send(initialize))).toMatchObject({ code: 'AUTHORIZATION_REQUIRED' });
});

test('a request that is rejected later does not fall back', async () => {
  const server = await serve();
  const { client } = await connect({ url: server.url });
  server.on('ping', status(405));
  expect(await failure(client.ping())).toMatchObject({ code: 'HTTP_REJECTED' });
  expect(server.of('GET')).toHaveLength(1);
});

test('HTTP+SSE alone posts nothing before the endpoint', async () => {
  const server = await serveSse();
  const { client } = await connect({ url: server.url, type: 'sse' });
  await client.ping();
  expect(server.requests[0]?.key).toBe('GET');
  expect(server.requests.every(({ key, path }) => key === 'GET' || path === ENDPOINT)).toBe(true);
});

test('a server that never names its endpoint holds nobody who closes', async () => {
  const server = await serve();
  server.on('GET', (received) => stream(received));
  const { transport, losses } = open({ url: server.url, type: 'sse' });
  const started = failure(transport.start());
  const get = await server.request('GET');
  const streamClosed = new Promise((resolve) => get.response.once('close', resolve));
  await transport.close();
  await streamClosed;
  expect(await started).toMatchObject({ code: 'CONNECTION_CLOSED' });
  expect(losses).toEqual([]);
});

test('nor does one that falls back and then never names it', async () => {
  const server = await serve();
  server.on('initialize', status(404)).on('GET', (received) => stream(received));
  const { transport } = open({ url: server.url });
  await transport.start();
  const sent = failure(transport.send(initialize));
  await server.request('GET');
  await transport.close();
  expect(await sent).toMatchObject({ code: 'CONNECTION_CLOSED' });
});

test('a stream that ends without an endpoint is no MCP', async () => {
  const server = await serve();
  server.on('GET', (received) => {
    stream(received, { event: 'hello', data: 'x' });
    received.response.end();
  });
  const { transport } = open({ url: server.url, type: 'sse' });
  expect(await failure(transport.start())).toMatchObject({ code: 'NOT_MCP' });
  expect(server.of('GET')).toHaveLength(1);
});

test('a stream that breaks before the endpoint is a network error', async () => {
  const server = await serve();
  server.on('GET', (received) => {
    stream(received);
    received.response.write(': hello\n\n', () => received.response.socket?.destroy());
  });
  const { transport } = open({ url: server.url, type: 'sse' });
  expect(await failure(transport.start())).toMatchObject({ code: 'NETWORK_ERROR' });
});

test('a closed port refuses', async () => {
  const server = await serve();
  const { url } = server;
  await server.die();
  const { transport } = open({ url, type: 'sse' });
  expect(await failure(transport.start())).toMatchObject({ code: 'CONNECTION_REFUSED' });
});

test.each([
  [401, 'AUTHORIZATION_REQUIRED'],
  [403, 'FORBIDDEN'],
  [404, 'HTTP_REJECTED'],
  [503, 'HTTP_ERROR'],
])('a stream answered %i is %s', async (code, name) => {
  const server = await serve();
  server.on('GET', status(code));
  const { transport } = open({ url: server.url, type: 'sse' });
  expect(await failure(transport.start())).toMatchObject({ code: name, details: { status: code } });
});

test('an endpoint of another origin is not used', async () => {
  const server = await serve();
  const other = await serve();
  server.on('GET', (received) => stream(received, { event: 'endpoint', data: other.url }));
  const { transport } = open({ url: server.url, type: 'sse', headers: { authorization: 'Bearer sesame' } });
  expect(await failure(transport.start())).toMatchObject({ code: 'HTTP_REJECTED' });
  expect(other.requests).toEqual([]);
});

test('row 33: the end of the stream is the end of the session, and it is not opened again', async () => {
  const server = await serveSse();
  const { client, lost, losses } = await connect({ url: server.url, type: 'sse' });
  await client.ping();
  const { response } = await server.request('GET');
  // The SDK's event source would connect again after 3 s.
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  response.end();
  expect(await lost).toMatchObject({ code: 'STREAM_LOST' });
  await new Promise(setImmediate);
  await vi.advanceTimersByTimeAsync(10_000);
  await fetch(server.url, { method: 'POST', body: 'a request that comes after all before' });
  expect(losses).toHaveLength(1);
  expect(server.of('GET')).toHaveLength(1);
});

test('row 33: a server that dies while idle is noticed without a call', async () => {
  const server = await serveSse();
  const { lost } = await connect({ url: server.url, type: 'sse' });
  await server.die();
  expect(await lost).toMatchObject({ code: 'STREAM_LOST' });
});

test('what came before the end of the stream is delivered before the loss', async () => {
  const server = await serveSse();
  const { client, lost } = await connect({ url: server.url, type: 'sse' });
  const order: string[] = [];
  client.fallbackNotificationHandler = async () => {
    order.push('message');
  };
  const { response } = await server.request('GET');
  send(response, { data: { jsonrpc: '2.0', method: 'notifications/x' } });
  response.end();
  await lost.then(() => order.push('lost'));
  expect(order).toEqual(['message', 'lost']);
});

test('a second endpoint on the same stream is another session', async () => {
  const server = await serveSse();
  const { lost } = await connect({ url: server.url, type: 'sse' });
  send((await server.request('GET')).response, { event: 'endpoint', data: ENDPOINT });
  expect(await lost).toMatchObject({ code: 'STREAM_LOST' });
});

test('a POST answered 404 says that the session is over', async () => {
  const server = await serveSse();
  const { client, losses } = await connect({ url: server.url, type: 'sse' });
  server.on(`ping ${ENDPOINT}`, status(404));
  const error = await failure(client.ping());
  expect(error).toMatchObject({ code: 'SESSION_EXPIRED' });
  expect(losses).toEqual([error]);
});

test('a POST answered 400 with an error that names the request is its answer', async () => {
  const server = await serveSse();
  const { client, losses } = await connect({ url: server.url, type: 'sse' });
  server.on(`ping ${ENDPOINT}`, (received) => refuse(400, -32000, 'no', received.id)(received));
  const error = await failure(client.ping());
  expect(error).not.toBeInstanceOf(ConnectionError);
  expect(error).toMatchObject({ code: -32000 });
  expect(losses).toEqual([]);
});

test('a goodbye has nothing to say, and an end in order is no loss', async () => {
  const server = await serveSse();
  const { transport, losses } = await connect({ url: server.url, type: 'sse' });
  await transport.goodbye?.();
  await transport.close();
  expect(server.of('DELETE')).toEqual([]);
  expect(losses).toEqual([]);
  expect(await failure(transport.send(ping(1)))).toMatchObject({ code: 'CONNECTION_CLOSED' });
});

test('a client of the SDK closes and settles what is in flight', async () => {
  const server = await serveSse();
  server.on(`ping ${ENDPOINT}`, status(202));
  const { transport } = open({ url: server.url, type: 'sse' });
  const client = new Client({ name: 'test', version: '1.0.0' });
  await client.connect(transport);
  const pinged = failure(client.ping());
  await server.request('ping');
  await client.close();
  expect(await pinged).toMatchObject({ code: -32000 });
});
