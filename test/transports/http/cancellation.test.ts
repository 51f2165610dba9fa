/** Many requests at once: what they leave behind in this process and at the server. */
import { expect, onTestFinished, test } from 'vitest';
import { SETTLED_AFTER } from '../../../src/transports/http/pace.js';
import { CANCEL_LIMIT } from '../../../src/transports/http/streamableLink.js';
import {
  initializeResult,
  type Received,
  type Reply,
  send,
  status,
  stream,
} from '../../fixtures/servers/http-scripted.js';
import { connect, failure, ObservedClock, serve } from './connect.js';

const MANY = 50;

/** The warnings of this process during the test. */
function watchWarnings(): string[] {
  const warnings: string[] = [];
  const note = ({ name, message }: Error) => warnings.push(`${name}: ${message}`);
  process.on('warning', note);
  onTestFinished(() => void process.off('warning', note));
  return warnings;
}

const closed = ({ response }: Received) =>
  new Promise<void>((resolve) => {
    if (response.closed) resolve();
    else response.once('close', () => resolve());
  });

const mute: Reply = () => {};
const streaming: Reply = (received) => stream(received);
const resumable: Reply = (received) => stream(received, { id: `e${received.id}`, data: '' });
const halfJson: Reply = ({ response }) => {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.write('{"jsonrpc":');
};

test.each([
  ['no reply yet', mute],
  ['streams', streaming],
  ['JSON', halfJson],
])('many requests in flight (%s) are no reason for a warning', async (_what, reply) => {
  const warnings = watchWarnings();
  const server = await serve();
  server.on('tools/list', reply);
  const { client, transport } = await connect({ url: server.url });
  const calls = Array.from({ length: MANY }, () => failure(client.listTools()));
  await server.request('tools/list', MANY - 1);
  await client.ping();
  await transport.close();
  await Promise.all(calls);
  expect(warnings).toEqual([]);
});

test('nor are many streams to resume', async () => {
  const warnings = watchWarnings();
  const server = await serve();
  server.on('tools/list', (received) => {
    resumable(received);
    received.response.end();
  });
  server.on('GET', (received) =>
    (received.headers['last-event-id'] === undefined ? status(405) : streaming)(received),
  );
  const { client, transport } = await connect({ url: server.url });
  const calls = Array.from({ length: MANY }, () => failure(client.listTools()));
  // The first GET asked for the stream of the session.
  await server.request('GET', MANY);
  await client.ping();
  await transport.close();
  await Promise.all(calls);
  expect(warnings).toEqual([]);
});

test('nor are they over HTTP+SSE', async () => {
  const warnings = watchWarnings();
  const server = await serve();
  server.on('GET', (received) => stream(received, { event: 'endpoint', data: '/message' }));
  server.on('initialize', (received) => {
    status(202)(received);
    const events = server.of('GET')[0]?.response;
    if (events !== undefined)
      send(events, { data: { jsonrpc: '2.0', id: received.id, result: initializeResult } });
  });
  server.on('tools/list', mute);
  const { client, transport } = await connect({ url: server.url, type: 'sse' });
  const calls = Array.from({ length: MANY }, () => failure(client.listTools()));
  await server.request('tools/list', MANY - 1);
  await transport.close();
  await Promise.all(calls);
  expect(warnings).toEqual([]);
});

test.each([
  ['without a reply', mute],
  ['with a stream', streaming],
  ['with a stream that could be resumed', resumable],
  ['with half an answer', halfJson],
])(
  'requests that are cancelled, %s, do not stay open at the server, which hears of it first',
  async (_what, reply) => {
    const server = await serve();
    server.on('tools/list', reply);
    const open = new Set<unknown>();
    const closedUnheard: unknown[] = [];
    const heard = new Set<unknown>();
    server.on('notifications/cancelled', (received) => {
      heard.add(JSON.parse(received.body).params.requestId);
      status(202)(received);
    });
    const { client, errors, losses } = await connect({ url: server.url });
    const controller = new AbortController();
    const { signal } = controller;
    const calls = Array.from({ length: MANY }, () =>
      // One signal for many requests is the caller's affair.
      failure(client.listTools({}, { signal: AbortSignal.any([signal]) })),
    );
    await server.request('tools/list', MANY - 1);
    const received = server.of('tools/list');
    for (const { response, id } of received) {
      open.add(id);
      response.once('close', () => {
        open.delete(id);
        if (!heard.has(id)) closedUnheard.push(id);
      });
    }
    controller.abort();
    await Promise.all(calls);
    await Promise.all(received.map(closed));
    await client.ping();
    expect(open.size).toBe(0);
    expect(closedUnheard).toEqual([]);
    expect(heard.size).toBe(MANY);
    // Nothing was gone on with, and nobody is told of what nobody waits for.
    expect(server.of('GET')).toHaveLength(1);
    expect(errors).toEqual([]);
    expect(losses).toEqual([]);
  },
);

test('a request that timed out does not stay open either', async () => {
  const server = await serve();
  server.on('tools/list', streaming);
  const { client } = await connect({ url: server.url });
  const call = failure(client.listTools({}, { timeout: 1 }));
  const received = await server.request('tools/list');
  expect(await call).toMatchObject({ code: -32001 });
  await closed(received);
  expect(server.of('notifications/cancelled')).toHaveLength(1);
});

test('a stream that waits to be resumed is not, once its request is cancelled', async () => {
  const server = await serve();
  server.on('tools/list', (received) => {
    resumable(received);
    received.response.end();
  });
  const clock = new ObservedClock();
  const { client, errors } = await connect({ url: server.url, clock });
  const controller = new AbortController();
  const call = failure(client.listTools({}, { signal: controller.signal }));
  await clock.armed((delay) => delay !== SETTLED_AFTER && delay !== CANCEL_LIMIT);
  controller.abort();
  await call;
  await server.request('notifications/cancelled');
  // Neither the wait for the server nor the one before the resumption stays.
  await clock.quiet();
  await client.ping();
  expect(server.of('GET')).toHaveLength(1);
  expect(errors).toEqual([]);
});

test('a server that takes no notice of a cancellation keeps nothing open', async () => {
  const server = await serve();
  server.on('tools/list', mute).on('notifications/cancelled', mute);
  const clock = new ObservedClock();
  const { client } = await connect({ url: server.url, clock });
  const controller = new AbortController();
  const call = failure(client.listTools({}, { signal: controller.signal }));
  const received = await server.request('tools/list');
  controller.abort();
  await call;
  await server.request('notifications/cancelled');
  clock.fire(await clock.armed((delay) => delay === CANCEL_LIMIT));
  await closed(received);
  expect(clock.delays).toEqual([]);
});

test('a request beside one that is cancelled is answered', async () => {
  const server = await serve();
  server.on('tools/list', streaming);
  const { client } = await connect({ url: server.url });
  const controller = new AbortController();
  const left = failure(client.listTools({}, { signal: controller.signal }));
  const stays = client.listTools();
  const [first, second] = [await server.request('tools/list', 0), await server.request('tools/list', 1)];
  controller.abort();
  await left;
  await closed(first);
  send(second.response, { data: { jsonrpc: '2.0', id: second.id, result: { tools: [] } } });
  expect(await stays).toEqual({ tools: [] });
});
