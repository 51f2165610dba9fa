import { expect, test } from 'vitest';
import { ConnectionError } from '../../../src/errors.js';
import { settle } from '../../../src/testing/steppingClock.js';
import { DOUBT_LIMIT } from '../../../src/transports/http/sessionDoubt.js';
import { GOODBYE_LIMIT } from '../../../src/transports/http/streamableLink.js';
import { answer, type Reply, refuse, status, stream } from '../../fixtures/servers/http-scripted.js';
import { connect, failure, initialize, ObservedClock, open, ping, serve } from './connect.js';

test('a session begins without an id, and names it and the version from then on', async () => {
  const server = await serve();
  const { client, transport } = await connect({ url: server.url });
  await client.ping();

  const headers = (key: string) => server.of(key)[0]?.headers;
  expect(headers('initialize')).not.toHaveProperty('mcp-session-id');
  for (const key of ['notifications/initialized', 'ping']) {
    expect(headers(key)).toMatchObject({
      'mcp-session-id': 'session-1',
      'mcp-protocol-version': '2025-11-25',
      accept: 'application/json, text/event-stream',
    });
  }
  expect(transport.sessionId).toBe('session-1');
});

test('a goodbye deletes the session; closing does not', async () => {
  const server = await serve();
  const first = await connect({ url: server.url });
  await first.client.close();
  expect(server.of('DELETE')).toEqual([]);

  const { transport } = await connect({ url: server.url });
  await transport.goodbye?.();
  expect(server.of('DELETE')).toHaveLength(1);
  expect(server.of('DELETE')[0]?.headers['mcp-session-id']).toBe('session-1');
});

test.each([200, 204, 400, 401, 404, 405, 500])('a goodbye answered %i is a goodbye', async (code) => {
  const server = await serve();
  server.on('DELETE', status(code));
  const { transport, losses, errors } = await connect({ url: server.url });
  await transport.goodbye?.();
  expect(transport.sessionId).toBeUndefined();
  expect(losses).toEqual([]);
  expect(errors).toEqual([]);
});

test('a goodbye to a server that is gone ends, and is no loss', async () => {
  const server = await serve();
  const { transport, losses } = await connect({ url: server.url });
  await server.die();
  await transport.goodbye?.();
  expect(losses).toEqual([]);
});

test('a goodbye that the server does not answer ends with the transport', async () => {
  const server = await serve();
  server.on('DELETE', () => {});
  const { transport } = await connect({ url: server.url });
  const goodbye = transport.goodbye?.();
  await server.request('DELETE');
  await transport.close();
  await goodbye;
  expect(server.of('DELETE')).toHaveLength(1);
});

test('row 28: a session that the server does not know any more is over, and the request was not executed', async () => {
  const server = await serve();
  const { client, losses } = await connect({ url: server.url });
  server.on('ping', refuse(404, -32001, 'Session not found'));
  const error = await failure(client.ping());
  expect(error).toMatchObject({ code: 'SESSION_EXPIRED', details: { status: 404, unsent: true } });
  expect(losses).toEqual([error]);
});

test('row 28: a loss is reported once', async () => {
  const server = await serve();
  const { client, losses } = await connect({ url: server.url });
  server.on('ping', status(404));
  await Promise.allSettled([client.ping(), client.ping(), client.ping()]);
  expect(losses.map(({ code }) => code)).toEqual(['SESSION_EXPIRED']);
});

test.each([
  ['of no request', -32000, null],
  ['without any id', -32000, undefined],
  ['of another request', -32600, 'server-error'],
])('a 400 with an error %s says that the session is unknown, which is a guess', async (_what, code, id) => {
  const server = await serve();
  const { client, losses } = await connect({ url: server.url });
  server.on('ping', refuse(400, code, 'Bad Request: No valid session ID provided', id));
  const error = await failure(client.ping());
  expect(error).toMatchObject({ code: 'SESSION_EXPIRED', details: { status: 400, unsent: false } });
  expect(losses).toEqual([error]);
});

test.each([
  ['no JSON-RPC error', status(400, {}, 'bad')],
  ['an error about JSON', refuse(400, -32700, 'Parse error')],
])('a 400 with %s rejects that request alone', async (_what, reply) => {
  const server = await serve();
  const { client, losses } = await connect({ url: server.url });
  server.on('ping', reply);
  expect(await failure(client.ping())).toMatchObject({ code: 'HTTP_REJECTED', details: { status: 400 } });
  expect(losses).toEqual([]);
});

/** Refuses with an error that names the request. */
const refuseByName =
  (code: number): Reply =>
  (received) =>
    refuse(400, code, 'no', received.id)(received);

test.each([-32602, -32000])('a 400 with error %i that names the request is its answer', async (code) => {
  const server = await serve();
  const { client, losses, errors } = await connect({ url: server.url });
  server.on('tools/list', refuseByName(code));
  const error = await failure(client.listTools());
  expect(error).not.toBeInstanceOf(ConnectionError);
  expect(error).toMatchObject({ code });
  expect(server.of('tools/list')).toHaveLength(1);
  expect(losses).toEqual([]);
  expect(errors).toEqual([]);
});

test.each([
  ['in the same way', refuseByName(-32000)],
  ['as one of no request', refuse(400, -32000, 'no')],
  ['with 404', status(404)],
])('where a ping is refused too (%s), the session is unknown', async (_what, reply) => {
  const server = await serve();
  const { client, losses } = await connect({ url: server.url });
  server.on('tools/list', refuseByName(-32000)).on('ping', reply);
  const error = await failure(client.listTools());
  expect(error).toMatchObject({ code: 'SESSION_EXPIRED', details: { status: 400, unsent: false } });
  expect(losses).toEqual([error]);
  expect(server.of('ping')[0]?.headers).toMatchObject({ 'mcp-session-id': 'session-1' });
});

test('where a ping is not answered, the answer is not held back for ever', async () => {
  const server = await serve();
  const clock = new ObservedClock();
  const { client, losses } = await connect({ url: server.url, clock });
  server.on('tools/list', refuseByName(-32000)).on('ping', () => {});
  const listed = failure(client.listTools());
  const { response } = await server.request('ping');
  const left = new Promise((resolve) => response.once('close', resolve));
  clock.fire(await clock.armed((delay) => delay === DOUBT_LIMIT));
  expect(await listed).toMatchObject({ code: -32000 });
  await left;
  expect(losses).toEqual([]);
  expect(clock.delays).toEqual([]);
});

test('a 404 of a server without sessions rejects that request alone', async () => {
  const server = await serve();
  server.on('initialize', (received) =>
    answer(received, {
      protocolVersion: '2025-11-25',
      capabilities: {},
      serverInfo: { name: 'a', version: '1' },
    }),
  );
  const { client, losses } = await connect({ url: server.url });
  server.on('ping', status(404));
  expect(await failure(client.ping())).toMatchObject({ code: 'HTTP_REJECTED', details: { status: 404 } });
  expect(losses).toEqual([]);
});

test('a goodbye that the server does not answer is not waited for', async () => {
  const server = await serve();
  server.on('DELETE', () => {});
  const clock = new ObservedClock();
  const { transport } = await connect({ url: server.url, clock });
  const goodbye = transport.goodbye?.();
  await server.request('DELETE');
  clock.fire(await clock.armed((delay) => delay === GOODBYE_LIMIT));
  await goodbye;
  expect(clock.delays).toEqual([]);
});

test('a server without streams that died is missed with the next request, which was not sent', async () => {
  const server = await serve();
  const { client, lost, losses } = await connect({ url: server.url });
  await server.request('GET');
  await client.ping();
  await server.die();
  // Connections kept alive may be noticed as cut before the port is asked.
  for (let attempt = 0; attempt < 5 && losses.length === 0; attempt += 1) await failure(client.ping());
  expect(losses).toHaveLength(1);
  expect(await lost).toMatchObject({ code: 'CONNECTION_REFUSED', details: { unsent: true } });
});

test.each(['sse', 'http'] as const)('row 34: started after its end (%s), it opens nothing', async (type) => {
  let requests = 0;
  const fetch = () => {
    requests += 1;
    return new Promise<Response>(() => {});
  };
  const { transport } = open({ url: 'http://127.0.0.1:1/', type, fetch });
  await transport.close();
  expect(await failure(transport.start())).toMatchObject({ code: 'CONNECTION_CLOSED' });
  await settle();
  expect(requests).toBe(0);
});

test('row 11: closed at any moment of the fallback, nothing stays open', async () => {
  let opened = 0;
  for (let turns = 0; turns < 60; turns += 1) {
    const signals: (AbortSignal | null | undefined)[] = [];
    const { transport } = open({
      url: 'http://127.0.0.1:1/',
      fetch: async (_url, init) => {
        if (init?.method === 'POST') return new Response(null, { status: 405 });
        signals.push(init?.signal);
        return new Response(new ReadableStream(), { headers: { 'content-type': 'text/event-stream' } });
      },
    });
    await transport.start();
    const sent = failure(transport.send(initialize));
    for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
    opened += signals.length;
    await transport.close();
    expect(await sent).toMatchObject({ code: 'CONNECTION_CLOSED' });
    await settle();
    expect(signals.every((signal) => signal?.aborted)).toBe(true);
  }
  // Some of the moments were before the stream was asked for, some after.
  expect(opened).toBeGreaterThan(0);
  expect(opened).toBeLessThan(60);
});

test('a body of a fetch that knows no signals is left when the transport closes', async () => {
  let leave: () => void = () => {};
  const left = new Promise<void>((resolve) => {
    leave = resolve;
  });
  let ask: () => void = () => {};
  const asked = new Promise<void>((resolve) => {
    ask = resolve;
  });
  const { transport } = open({
    url: 'http://127.0.0.1:1/',
    type: 'sse',
    fetch: async () =>
      new Response(new ReadableStream({ pull: () => ask(), cancel: () => leave() }, { highWaterMark: 0 }), {
        headers: { 'content-type': 'text/event-stream' },
      }),
  });
  const started = failure(transport.start());
  await asked;
  await transport.close();
  await left;
  expect(await started).toMatchObject({ code: 'CONNECTION_CLOSED' });
});

test('a transport is started once', async () => {
  const { transport } = open({ url: 'http://127.0.0.1:1/' });
  await transport.start();
  expect(await failure(transport.start())).toMatchObject({ code: 'TRANSPORT_FAILED' });
});

test('row 26: a mute server holds nobody who closes', async () => {
  const server = await serve();
  server.on('initialize', () => {});
  const { transport, losses } = open({ url: server.url });
  await transport.start();
  const sent = failure(transport.send(initialize));
  await server.request('initialize');
  await transport.close();
  expect(await sent).toMatchObject({ code: 'CONNECTION_CLOSED', details: { unsent: false } });
  expect(losses).toEqual([]);
});

test('closing ends streams and requests, once for all callers, and then nothing is sent or reported', async () => {
  const server = await serve();
  server.on('GET', (received) => stream(received));
  server.on('ping', () => {});
  const { transport, client, losses, errors } = await connect({ url: server.url });
  let closes = 0;
  const { onclose } = transport;
  transport.onclose = () => {
    closes += 1;
    onclose?.();
  };
  const get = await server.request('GET');
  const streamClosed = new Promise((resolve) => get.response.once('close', resolve));
  const pinged = failure(client.ping());
  await server.request('ping');

  const [first, second] = [transport.close(), transport.close()];
  expect(second).toBe(first);
  await first;
  await streamClosed;
  await pinged;
  expect(closes).toBe(1);
  expect(await failure(transport.send(ping(9)))).toMatchObject({
    code: 'CONNECTION_CLOSED',
    details: { unsent: true },
  });
  expect(losses).toEqual([]);
  expect(errors).toEqual([]);
});

test('a fetch that knows no signals holds nobody who closes', async () => {
  let asked: () => void = () => {};
  const wasAsked = new Promise<void>((resolve) => {
    asked = resolve;
  });
  const { transport } = open({
    url: 'http://127.0.0.1:1/mcp',
    fetch: () => {
      asked();
      return new Promise(() => {});
    },
  });
  await transport.start();
  const sent = failure(transport.send(initialize));
  await wasAsked;
  await transport.close();
  expect(await sent).toMatchObject({ code: 'CONNECTION_CLOSED' });
});
