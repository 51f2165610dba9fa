import { expect, test } from 'vitest';
import { MAX_FAILURES, RESUME_CAP, RESUME_FLOOR, SETTLED_AFTER } from '../../../src/transports/http/pace.js';
import { BODY_PATIENCE } from '../../../src/transports/http/refusal.js';
import { lostRequestReason } from '../../../src/transports/lostRequest.js';
import {
  type Event,
  type Received,
  refuse,
  send,
  status,
  stream,
} from '../../fixtures/servers/http-scripted.js';
import { connect, failure, initialize, ObservedClock, open, serve } from './connect.js';

const notification = { jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info', data: 1 } };
const result = ({ id }: Received) => ({ data: { jsonrpc: '2.0', id, result: {} } });

/** Cuts the connection of a response, as a process that dies does, when all it wrote is under way. */
const cut = ({ response }: Received) => response.write(': last\n\n', () => response.socket?.destroy());

/** Begins a stream, says something and ends it in order. */
const streamAndEnd =
  (...events: Event[]) =>
  (received: Received) => {
    stream(received, ...events);
    received.response.end();
  };

const isResumption = (delay: number) => delay !== SETTLED_AFTER && delay !== BODY_PATIENCE;

test('a GET answered 405 means no stream, and no error', async () => {
  const server = await serve();
  const { client, losses, errors } = await connect({ url: server.url });
  await server.request('GET');
  await client.ping();
  expect(losses).toEqual([]);
  expect(errors).toEqual([]);
  expect(server.of('GET')).toHaveLength(1);
});

test('messages of the standalone stream arrive', async () => {
  const server = await serve();
  server.on('GET', (received) => stream(received, { data: notification }));
  const { client } = await connect({ url: server.url });
  const got = await new Promise((resolve) => {
    client.fallbackNotificationHandler = async (message) => resolve(message);
  });
  expect(got).toMatchObject({ method: 'notifications/message' });
});

test.each([
  ['404 of a path without a route', status(404, { 'content-type': 'text/html' }, 'Cannot GET /mcp')],
  ['400', refuse(400, -32000, 'Bad Request')],
  ['401', status(401)],
  ['403', status(403)],
  ['501', status(501)],
  ['a page', status(200, { 'content-type': 'text/html' }, 'hello')],
])('a server that never had a stream (%s) is no loss', async (_what, reply) => {
  const server = await serve();
  server.on('GET', reply);
  const clock = new ObservedClock();
  const { client, losses, errors } = await connect({ url: server.url, clock });
  await server.request('GET');
  await client.ping();
  expect(losses).toEqual([]);
  expect(errors.every((error) => 'code' in error)).toBe(true);
});

test('row 28: a GET answered 404 by the MCP server says that the session is over', async () => {
  const server = await serve();
  server.on('GET', refuse(404, -32001, 'Session not found'));
  const { lost } = await connect({ url: server.url });
  expect((await lost).code).toBe('SESSION_EXPIRED');
});

test('row 28: a resumption answered 404 says that the session is over, whatever the body', async () => {
  const server = await serve();
  server.on('GET', (received) => {
    if (server.of('GET').length > 1) return status(404)(received);
    stream(received);
    cut(received);
  });
  const { lost } = await connect({ url: server.url });
  expect((await lost).code).toBe('SESSION_EXPIRED');
});

/** The first stream ends after this event; the next GET is refused with 400, in words of the HTTP layer. */
async function reopenRefused(event: Event) {
  const server = await serve();
  server.on('GET', (received) => {
    if (server.of('GET').length > 1) refuse(400, -32000, 'No valid session ID provided')(received);
    else streamAndEnd(event)(received);
  });
  const clock = new ObservedClock();
  const { lost } = await connect({ url: server.url, clock });
  clock.fire(await clock.armed(isResumption));
  const error = await lost;
  expect(server.of('GET')).toHaveLength(2);
  return error;
}

test('row 28: a stream that was up and is refused with 400 says that the session is over', async () => {
  expect(await reopenRefused({ data: notification })).toMatchObject({
    code: 'SESSION_EXPIRED',
    details: { status: 400 },
  });
});

test('a 400 to a GET that names an event may be about the event', async () => {
  expect(await reopenRefused({ id: 'e1', data: notification })).toMatchObject({ code: 'STREAM_LOST' });
});

test('row 33: a server that dies while idle is noticed without a call', async () => {
  const server = await serve();
  server.on('GET', (received) => stream(received));
  const { lost, losses, client } = await connect({ url: server.url });
  await server.request('GET');
  await client.ping();
  await server.die();
  expect(await lost).toMatchObject({ code: 'CONNECTION_REFUSED', cause: { code: 'ECONNREFUSED' } });
  expect(losses).toHaveLength(1);
});

test('a stream that ends in order is resumed, and is no loss', async () => {
  const server = await serve();
  server.on('GET', (received) => {
    if (server.of('GET').length === 1) streamAndEnd({ id: 'e1', data: notification })(received);
    else stream(received);
  });
  const { losses, errors } = await connect({ url: server.url });
  const again = await server.request('GET', 1);
  expect(again.headers).toMatchObject({ 'last-event-id': 'e1', 'mcp-session-id': 'session-1' });
  expect(losses).toEqual([]);
  expect(errors).toEqual([]);
});

test('an id that comes without data counts', async () => {
  const server = await serve();
  server.on('GET', (received) => {
    if (server.of('GET').length === 1) streamAndEnd({ id: 'e1' })(received);
    else stream(received);
  });
  await connect({ url: server.url });
  expect((await server.request('GET', 1)).headers['last-event-id']).toBe('e1');
});

test('a stream that is resumed and breaks again goes on from the same event', async () => {
  const server = await serve();
  const clock = new ObservedClock();
  server.on('GET', (received) => {
    const { length } = server.of('GET');
    if (length === 1) streamAndEnd({ id: 'e1', data: notification })(received);
    else if (length === 2) streamAndEnd()(received);
    else stream(received);
  });
  await connect({ url: server.url, clock });
  clock.fire(await clock.armed(isResumption));
  await server.request('GET', 1);
  clock.fire(await clock.armed(isResumption));
  expect((await server.request('GET', 2)).headers['last-event-id']).toBe('e1');
});

/** The waits before the resumptions of a stream that the server ends each time with these events. */
async function waits(count: number, reply: (received: Received) => void): Promise<number[]> {
  const server = await serve();
  server.on('GET', reply);
  const clock = new ObservedClock();
  const { losses } = await connect({ url: server.url, clock });
  const delays: number[] = [];
  for (let index = 0; index < count; index += 1) {
    await server.request('GET', index);
    const delay = await clock.armed(isResumption);
    delays.push(delay);
    clock.fire(delay);
  }
  expect(losses).toEqual([]);
  return delays;
}

test.each([
  ['0', 0],
  ['1', 1],
  ['10^400', Number.POSITIVE_INFINITY],
])('row 30: retry %s does not leave the bounds, and never floods', async (text, retry) => {
  const delays = await waits(4, (received) => {
    stream(received, { id: 'e', data: '' });
    received.response.write(
      `retry: ${retry === Number.POSITIVE_INFINITY ? `1${'0'.repeat(400)}` : text}\n\n`,
    );
    received.response.end();
  });
  expect(Math.min(...delays)).toBeGreaterThanOrEqual(RESUME_FLOOR);
  expect(Math.max(...delays)).toBeLessThanOrEqual(RESUME_CAP);
  // The first GET, and those whose waits end within 2 s.
  const starts = delays.map((_, index) => delays.slice(0, index + 1).reduce((sum, delay) => sum + delay));
  expect(1 + starts.filter((at) => at < 2_000).length).toBeLessThanOrEqual(5);
});

test('retry within the bounds is obeyed exactly, each time', async () => {
  const delays = await waits(3, streamAndEnd({ id: 'e', retry: 750, data: '' }));
  expect(delays).toEqual([750, 750, 750]);
});

test('row 30: without retry, streams that bring nothing are asked for ever more rarely', async () => {
  const delays = await waits(8, streamAndEnd());
  expect(delays).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
});

test('row 30: a server that cuts every stream gets one resumption at once, and then is left in peace', async () => {
  const server = await serve();
  server.on('GET', (received) => {
    stream(received, { data: notification });
    cut(received);
  });
  const clock = new ObservedClock();
  await connect({ url: server.url, clock });
  await server.request('GET', 1);
  expect(await clock.armed(isResumption)).toBeGreaterThanOrEqual(RESUME_FLOOR);
  expect(server.of('GET')).toHaveLength(2);
});

test('a stream that lasted is resumed at once when it breaks', async () => {
  const server = await serve();
  server.on('GET', (received) => stream(received, { data: notification }));
  const clock = new ObservedClock();
  await connect({ url: server.url, clock });
  cut(await server.request('GET', 0));
  const second = await server.request('GET', 1);
  clock.fire(await clock.armed((delay) => delay === SETTLED_AFTER));
  cut(second);
  await server.request('GET', 2);
  expect(clock.delays.filter(isResumption)).toEqual([]);
});

test('a stream that cannot be resumed is lost after some attempts', async () => {
  const server = await serve();
  const clock = new ObservedClock();
  server.on('GET', (received) => {
    if (server.of('GET').length > 1) status(503, { 'retry-after': '1000000000' })(received);
    else streamAndEnd()(received);
  });
  const { lost, losses } = await connect({ url: server.url, clock });
  const delays: number[] = [];
  for (let attempt = 0; attempt < MAX_FAILURES; attempt += 1) {
    delays.push(await clock.armed(isResumption));
    expect(losses).toEqual([]);
    clock.fire(delays[attempt] ?? 0);
    await server.request('GET', attempt + 1);
  }
  expect(await lost).toMatchObject({ code: 'STREAM_LOST', cause: { code: 'HTTP_ERROR' } });
  expect(delays).toEqual([500, 30_000, 30_000, 30_000]);
  expect(server.of('GET')).toHaveLength(1 + MAX_FAILURES);
});

test('a first stream that fails for a while is had later', async () => {
  const server = await serve();
  const clock = new ObservedClock();
  server.on('GET', (received) => {
    if (server.of('GET').length < 3) status(503)(received);
    else stream(received, { data: notification });
  });
  const { client, losses } = await connect({ url: server.url, clock });
  const got = new Promise((resolve) => {
    client.fallbackNotificationHandler = async (message) => resolve(message);
  });
  clock.fire(await clock.armed(isResumption));
  await server.request('GET', 1);
  clock.fire(await clock.armed(isResumption));
  await got;
  expect(losses).toEqual([]);
});

test('closing in the wait before a resumption leaves no timer', async () => {
  const server = await serve();
  server.on('GET', streamAndEnd());
  const clock = new ObservedClock();
  const { transport } = await connect({ url: server.url, clock });
  await clock.armed(isResumption);
  await transport.close();
  await Promise.resolve();
  expect(clock.delays).toEqual([]);
  expect(server.of('GET')).toHaveLength(1);
});

test('closing under an open stream leaves no timer', async () => {
  const server = await serve();
  server.on('GET', (received) => stream(received));
  const clock = new ObservedClock();
  const { transport } = await connect({ url: server.url, clock });
  await clock.armed((delay) => delay === SETTLED_AFTER);
  await transport.close();
  expect(clock.delays).toEqual([]);
});

test('row 33: a reply that breaks off settles its request at once, and only that', async () => {
  const server = await serve();
  server.on('tools/list', (received) => stream(received, { data: notification }));
  const { client, losses, errors } = await connect({ url: server.url });
  const listed = failure(client.listTools());
  cut(await server.request('tools/list'));
  const error = await listed;
  expect(lostRequestReason(error)).toMatchObject({ code: 'STREAM_LOST', details: { unsent: false } });
  await client.ping();
  expect(losses).toEqual([]);
  expect(errors).toEqual([]);
});

test('a reply that ends in order without the answer settles its request', async () => {
  const server = await serve();
  server.on('tools/list', streamAndEnd({ data: notification }));
  const { client } = await connect({ url: server.url });
  expect(lostRequestReason(await failure(client.listTools()))).toMatchObject({ code: 'STREAM_LOST' });
});

test('an answer of the server is no lost request', async () => {
  const server = await serve();
  server.on('tools/list', (received) =>
    streamAndEnd({
      data: {
        jsonrpc: '2.0',
        id: received.id,
        error: { code: -32000, message: 'no', data: { code: 'STREAM_LOST' } },
      },
    })(received),
  );
  const { client } = await connect({ url: server.url });
  expect(lostRequestReason(await failure(client.listTools()))).toBeNull();
});

test('a reply that can be resumed is, and the answer arrives', async () => {
  const server = await serve();
  server.on('tools/list', (received) => {
    stream(received, { id: 'r1', data: '' });
    cut(received);
  });
  server.on('GET', (received) => {
    if (received.headers['last-event-id'] !== 'r1') return status(405)(received);
    const id = server.of('tools/list')[0]?.id;
    stream(received, { id: 'r2', data: { jsonrpc: '2.0', id, result: { tools: [] } } });
    received.response.end();
  });
  const { client, losses, errors } = await connect({ url: server.url });
  expect(await client.listTools()).toEqual({ tools: [] });
  await client.ping();
  expect(losses).toEqual([]);
  expect(errors).toEqual([]);
  expect(server.of('GET')).toHaveLength(2);
});

test.each([
  ['405', status(405)],
  ['400', refuse(400, -32000, 'no such event')],
  ['something else than a stream', status(200, {}, 'hello')],
])('a reply that the server does not resume (%s) settles its request', async (_what, reply) => {
  const server = await serve();
  server.on('tools/list', (received) => {
    stream(received, { id: 'r1', data: '' });
    cut(received);
  });
  server.on('GET', (received) =>
    received.headers['last-event-id'] === undefined ? status(405)(received) : reply(received),
  );
  const { client, losses } = await connect({ url: server.url });
  expect(lostRequestReason(await failure(client.listTools()))).toMatchObject({ code: 'STREAM_LOST' });
  await client.ping();
  expect(losses).toEqual([]);
});

test('a reply that brought an error is complete: it is not asked for again', async () => {
  const server = await serve();
  const clock = new ObservedClock();
  server.on('tools/list', (received) =>
    streamAndEnd({
      id: 'r1',
      data: { jsonrpc: '2.0', id: received.id, error: { code: -32603, message: 'no' } },
    })(received),
  );
  const { client } = await connect({ url: server.url, clock });
  await server.request('GET');
  expect(await failure(client.listTools())).toMatchObject({ code: -32603 });
  // The SDK asks again on a timer of its own; two requests later it would have.
  await client.ping();
  await new Promise((resolve) => setImmediate(resolve));
  await client.ping();
  expect(server.of('GET')).toHaveLength(1);
  expect(clock.delays).toEqual([]);
});

test('a request that was cancelled is not answered in the place of the server', async () => {
  const server = await serve();
  server.on('tools/list', (received) => stream(received));
  const { client } = await connect({ url: server.url });
  const errors: Error[] = [];
  client.onerror = (error) => errors.push(error);
  const controller = new AbortController();
  const listed = failure(client.listTools({}, { signal: controller.signal }));
  const reply = await server.request('tools/list');
  controller.abort();
  await listed;
  await server.request('notifications/cancelled');
  const heard = new Promise<void>((resolve) => {
    client.fallbackNotificationHandler = async () => resolve();
  });
  send(reply.response, { data: notification });
  reply.response.end();
  await heard;
  await client.ping();
  expect(errors).toEqual([]);
});

test('the answer to initialize broke off: the session is lost', async () => {
  const server = await serve();
  server.on('initialize', (received) => stream(received));
  const { transport, lost } = open({ url: server.url });
  await transport.start();
  await transport.send(initialize);
  cut(await server.request('initialize'));
  expect((await lost).code).toBe('STREAM_LOST');
});

test('row 33: dies in flight, with a reply that could be resumed', async () => {
  const server = await serve();
  server.on('tools/list', (received) => stream(received, { id: 'r1', data: '' }));
  const { client, lost } = await connect({ url: server.url });
  const listed = failure(client.listTools());
  await server.request('tools/list');
  await server.die();
  expect((await lost).code).toBe('CONNECTION_REFUSED');
  // Whoever hears of the loss closes, and what is in flight settles.
  await client.close();
  await listed;
});

test('row 33: dies in flight, with a reply that cannot be resumed', async () => {
  const server = await serve();
  server.on('tools/list', (received) => stream(received));
  const { client } = await connect({ url: server.url });
  const listed = failure(client.listTools());
  await server.request('tools/list');
  await server.die();
  expect(lostRequestReason(await listed)).toMatchObject({ code: 'STREAM_LOST' });
});

test('row 33: dies in flight, before the reply began', async () => {
  const server = await serve();
  server.on('tools/list', () => {});
  const { client } = await connect({ url: server.url });
  const listed = failure(client.listTools());
  await server.request('tools/list');
  await server.die();
  expect(await listed).toMatchObject({ code: 'NETWORK_ERROR', details: { unsent: false, reset: true } });
});

test('row 16: events split anywhere and with any line ends are the same events', async () => {
  const server = await serve();
  server.on('ping', (received) => {
    stream(received);
    const text = `\ufeff: hello\r\n\r\nevent: message\r\ndata: ${JSON.stringify(result(received).data)}\r\n\r\n`;
    const bytes = Buffer.from(text);
    const write = (at: number): void => {
      if (at < bytes.length) received.response.write(bytes.subarray(at, at + 1), () => write(at + 1));
      else received.response.end();
    };
    write(0);
  });
  const { client, errors } = await connect({ url: server.url });
  await client.ping();
  expect(errors).toEqual([]);
});

test('an event that is cut short is not delivered, and not taken for received', async () => {
  const server = await serve();
  server.on('GET', (received) => {
    if (server.of('GET').length > 1) return stream(received);
    stream(received, { id: 'e1', data: notification });
    received.response.write(`id: e2\ndata: ${JSON.stringify(notification)}\n`, () =>
      received.response.socket?.destroy(),
    );
  });
  const { client, errors } = await connect({ url: server.url });
  let count = 0;
  client.fallbackNotificationHandler = async () => {
    count += 1;
  };
  expect((await server.request('GET', 1)).headers['last-event-id']).toBe('e1');
  await client.ping();
  expect(count).toBe(1);
  expect(errors).toEqual([]);
});

test('garbage in a stream is reported and survived', async () => {
  const server = await serve();
  server.on('GET', (received) => {
    stream(received, { data: 'no json' });
    send(received.response, { data: notification });
  });
  const { client, errors, losses } = await connect({ url: server.url });
  await new Promise<void>((resolve) => {
    client.fallbackNotificationHandler = async () => resolve();
  });
  expect(errors).toHaveLength(1);
  expect(losses).toEqual([]);
});
