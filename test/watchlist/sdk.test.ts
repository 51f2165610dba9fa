/**
 * What we rely on, or work around, in the SDK's client. None of it is promised: a failure here after an
 * upgrade names the code of ours to look at.
 */
import { getEventListeners } from 'node:events';
import { UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { EmptyResultSchema, McpError } from '@modelcontextprotocol/sdk/types.js';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { answerHandshake, type Responder, ScriptedTransport } from '../../src/testing/scriptedTransport.js';
import { settle } from '../../src/testing/steppingClock.js';
import { errorOf, look } from '../connection/support.js';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
});
afterEach(() => {
  vi.useRealTimers();
});

const mute: Responder = (request) => (request.method === 'initialize' ? answerHandshake(request) : undefined);
const everything = {
  tools: {},
  resources: { subscribe: true },
  prompts: {},
  logging: {},
  completions: {},
};

async function connect(respond: Responder = mute): Promise<{ client: Client; transport: ScriptedTransport }> {
  const client = new Client({ name: 'tests', version: '1' });
  const transport = new ScriptedTransport((request) =>
    request.method === 'initialize'
      ? { ...answerHandshake(request), capabilities: everything }
      : respond(request),
  );
  await client.connect(transport);
  return { client, transport };
}

describe('sending', () => {
  // The tap attributes to a call what is written before the call returns (Tap.trace, ClientCalls).
  const calls: [name: string, call: (client: Client) => Promise<unknown>][] = [
    ['request', (client) => client.request({ method: 'ping' }, EmptyResultSchema)],
    ['callTool', (client) => client.callTool({ name: 'a' })],
    ['listTools', (client) => client.listTools()],
    ['listPrompts', (client) => client.listPrompts()],
    ['getPrompt', (client) => client.getPrompt({ name: 'a' })],
    ['listResources', (client) => client.listResources()],
    ['listResourceTemplates', (client) => client.listResourceTemplates()],
    ['readResource', (client) => client.readResource({ uri: 'file:///a' })],
    ['subscribeResource', (client) => client.subscribeResource({ uri: 'file:///a' })],
    ['unsubscribeResource', (client) => client.unsubscribeResource({ uri: 'file:///a' })],
    ['setLoggingLevel', (client) => client.setLoggingLevel('info')],
    ['ping', (client) => client.ping()],
    [
      'complete',
      (client) =>
        client.complete({ ref: { type: 'ref/prompt', name: 'a' }, argument: { name: 'b', value: '' } }),
    ],
    [
      'notification',
      (client) =>
        client.notification({ method: 'notifications/progress', params: { progressToken: 1, progress: 1 } }),
    ],
  ];

  test.each(calls)('%s is on the wire before it returns', async (_, call) => {
    const { client, transport } = await connect();
    const before = transport.sent.length;
    call(client).catch(() => {});
    expect(transport.sent).toHaveLength(before + 1);
  });

  test('what the transport throws is what the caller gets', async () => {
    const { client, transport } = await connect();
    const error = new Error('no more');
    transport.send = () => Promise.reject(error);
    expect(await errorOf(client.ping())).toBe(error);
  });

  // createClientFace hands out helpers of its own under this name.
  test('the experimental helpers are made once, and keep the client they were made for', async () => {
    const { client } = await connect();
    const { experimental } = client;
    expect(client.experimental).toBe(experimental);
    expect(Reflect.get(client, '_experimental')).toBe(experimental);
    expect(Reflect.get(experimental.tasks, '_client')).toBe(client);
  });
});

describe('connecting', () => {
  test('starts, initializes, sets the version, and says so', async () => {
    const steps: string[] = [];
    const transport = new ScriptedTransport((request) => answerHandshake(request));
    const [start, send] = [transport.start.bind(transport), transport.send.bind(transport)];
    transport.start = () => {
      steps.push('start');
      return start();
    };
    transport.send = (message) => {
      steps.push('method' in message ? message.method : 'answer');
      return send(message);
    };
    Object.assign(transport, { setProtocolVersion: (version: string) => steps.push(`version ${version}`) });
    await new Client({ name: 'tests', version: '1' }).connect(transport);
    expect(steps).toEqual(['start', 'initialize', 'version 2025-11-25', 'notifications/initialized']);
  });

  test('does not go on until notifications/initialized was sent: the tap can hold it', async () => {
    const transport = new ScriptedTransport((request) => answerHandshake(request));
    const send = transport.send.bind(transport);
    transport.send = (message) =>
      'method' in message && message.method === 'notifications/initialized'
        ? new Promise(() => {})
        : send(message);
    const connected = new Client({ name: 'tests', version: '1' }).connect(transport);
    expect(await look(connected)).toBe('pending');
  });

  test.each([
    ['an error', (): undefined => undefined],
    ['another version', () => ({ ...answerHandshake(initialize), protocolVersion: '1999-01-01' })],
    ['nonsense', () => ({ hello: 'world' })],
  ])('closes the transport when the answer is %s, and does not wait for that', async (_, respond) => {
    const transport = new ScriptedTransport(respond);
    const connected = errorOf(new Client({ name: 'tests', version: '1' }).connect(transport));
    await settle();
    if (respond() === undefined)
      transport.receive({ jsonrpc: '2.0', id: 0, error: { code: -1, message: 'no' } });
    await connected;
    expect(transport.closes).toBe(1);
  });

  test('leaves a transport open that did not start', async () => {
    const transport = new ScriptedTransport();
    transport.start = () => Promise.reject(new Error('no such program'));
    expect(await errorOf(new Client({ name: 'tests', version: '1' }).connect(transport))).toMatchObject({
      message: 'no such program',
    });
    expect(transport.closes).toBe(0);
  });

  test('has no limit on start, and cancels an initialize that is late (R8 forbids it)', async () => {
    const starting = new ScriptedTransport();
    starting.start = () => new Promise(() => {});
    const first = new Client({ name: 'tests', version: '1' }).connect(starting, { timeout: 10 });
    const transport = new ScriptedTransport(() => undefined);
    const second = errorOf(new Client({ name: 'tests', version: '1' }).connect(transport, { timeout: 10 }));
    await vi.advanceTimersByTimeAsync(10);
    expect(await look(first)).toBe('pending');
    expect(await second).toMatchObject({ code: -32001 });
    expect(transport.sent.map((message) => 'method' in message && message.method)).toEqual([
      'initialize',
      'notifications/cancelled',
    ]);
  });

  test('sends no initialize over a transport that has a session already', async () => {
    const transport = new ScriptedTransport();
    Object.assign(transport, { sessionId: 'abc' });
    await new Client({ name: 'tests', version: '1' }).connect(transport);
    expect(transport.sent).toEqual([]);
  });

  test('names errors that cannot be told by their class', async () => {
    const transport = new ScriptedTransport(() => ({ protocolVersion: 7 }));
    const error = await errorOf(new Client({ name: 'tests', version: '1' }).connect(transport));
    expect(error).toMatchObject({ name: expect.stringMatching(/^\$?ZodError$/) });
    const refused = new UnauthorizedError();
    expect([refused.name, refused.constructor.name]).toEqual(['Error', 'UnauthorizedError']);
  });
});

describe('the end of a transport', () => {
  test('rejects what is in flight at once, with -32000', async () => {
    const { client, transport } = await connect();
    const called = look(client.callTool({ name: 'a' }));
    transport.onclose?.();
    expect(await called).toMatchObject({ error: { name: 'McpError', code: -32000 } });
    expect(await errorOf(client.ping())).toMatchObject({ message: 'Not connected' });
  });

  test('that comes late clears a newer connection: a session never shares its client', async () => {
    const { client, transport } = await connect();
    transport.onclose?.();
    await client.connect(new ScriptedTransport(mute));
    transport.onclose?.();
    expect(client.transport).toBeUndefined();
  });
});

describe('limits and signals', () => {
  test('a local timeout and the server’s own -32001 look the same', async () => {
    const { client, transport } = await connect();
    const local = errorOf(client.ping({ timeout: 10 }));
    const remote = errorOf(client.listTools());
    const [request] = transport.requests('tools/list');
    transport.receive({ jsonrpc: '2.0', id: request?.id ?? -1, error: { code: -32001, message: 'late' } });
    await vi.advanceTimersByTimeAsync(10);
    for (const error of [await local, await remote]) {
      expect(error).toBeInstanceOf(McpError);
      expect(error).toMatchObject({ code: -32001 });
    }
  });

  test('the total limit is looked at on progress only, and on the wall clock', async () => {
    const { client, transport } = await connect();
    const progress = { onprogress: () => {}, resetTimeoutOnProgress: true, timeout: 300 };
    const silent = errorOf(client.callTool({ name: 'a' }, undefined, { ...progress, maxTotalTimeout: 100 }));
    const jumping = errorOf(
      client.callTool({ name: 'b' }, undefined, { ...progress, maxTotalTimeout: 60_000 }),
    );
    await vi.advanceTimersByTimeAsync(200);
    expect(await look(silent)).toBe('pending');
    vi.setSystemTime(Date.now() + 3_600_000);
    const progressToken = transport.requests('tools/call')[1]?.params?._meta?.progressToken;
    transport.receive({
      jsonrpc: '2.0',
      method: 'notifications/progress',
      params: { progressToken, progress: 1 },
    });
    expect(await look(jumping)).toMatchObject({ value: { code: -32001 } });
  });

  test('an abort is wrapped: the reason is only quoted', async () => {
    const { client } = await connect();
    const controller = new AbortController();
    const outcome = errorOf(client.ping({ signal: controller.signal }));
    const reason = new Error('mine');
    controller.abort(reason);
    const error = await outcome;
    expect(error).not.toBe(reason);
    expect(error).toMatchObject({ code: -32001, message: expect.stringContaining('mine') });
  });

  test('a listener stays on the signal of every request: ours get a signal of their own', async () => {
    const { client } = await connect(answerHandshake);
    const { signal } = new AbortController();
    await client.ping({ signal });
    await client.ping({ signal });
    expect(getEventListeners(signal, 'abort')).toHaveLength(2);
  });
});

describe('ping', () => {
  test.each([
    ['an error', { error: { code: -32601, message: 'Method not found' } }],
    ['more than nothing', { result: { uptime: 5 } }],
  ])('rejects on %s, although that is a sign of life', async (_, answer) => {
    const { client, transport } = await connect();
    const outcome = errorOf(client.ping());
    const [request] = transport.requests('ping');
    transport.receive({ jsonrpc: '2.0', id: request?.id ?? -1, ...answer });
    expect(await outcome).toBeInstanceOf(Error);
  });
});

const initialize = { jsonrpc: '2.0', id: 0, method: 'initialize' } as const;
