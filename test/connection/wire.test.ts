/** The manager over real sessions and the SDK's client: what goes over the wire, and in which order. */
import { UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { answerHandshake, type Responder, ScriptedTransport } from '../../src/testing/scriptedTransport.js';
import { settle } from '../../src/testing/steppingClock.js';
import { errorOf, exited, look, WireRig } from './support.js';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] });
});
afterEach(async () => {
  await WireRig.endAll();
  vi.useRealTimers();
});

const methods = ({ sent }: ScriptedTransport) => sent.map((message) => 'method' in message && message.method);

describe('a server that is refused', () => {
  const refusals: [name: string, respond: Responder, code: string][] = [
    [
      'R3: because it counter-offers a version we do not speak',
      (request) => ({ ...answerHandshake(request), protocolVersion: '1999-01-01' }),
      'UNSUPPORTED_PROTOCOL_VERSION',
    ],
    ['because its answer is not one of MCP', () => ({ hello: 'world' }), 'NOT_MCP'],
    [
      'because it lacks what is required',
      (request) => ({ ...answerHandshake(request), capabilities: { prompts: {} } }),
      'CAPABILITY_MISSING',
    ],
  ];

  test.each(refusals)(
    '%s is never told that it was accepted, and not asked again',
    async (_, respond, code) => {
      const rig = new WireRig({ respond, requiredCapabilities: ['tools'] });
      expect(await errorOf(rig.manager.connect())).toMatchObject({ name: 'ConnectionError', code });
      expect(rig.transports).toHaveLength(1);
      expect(methods(rig.wire)).toEqual(['initialize']);
      expect(rig.wire).toMatchObject({ isOpen: false, closes: 1 });
      await rig.manager.terminate();
      expect(vi.getTimerCount()).toBe(0);
    },
  );

  test('R3: because it names the versions it speaks instead', async () => {
    const rig = new WireRig({ respond: () => undefined });
    const outcome = errorOf(rig.manager.connect());
    await settle();
    const { id } = rig.request('initialize');
    const data = { supported: ['2031-01-01'], requested: '2025-11-25' };
    rig.wire.receive({ jsonrpc: '2.0', id, error: { code: -32602, message: 'unsupported', data } });
    expect(await outcome).toMatchObject({
      code: 'UNSUPPORTED_PROTOCOL_VERSION',
      details: { supported: ['2031-01-01'] },
      cause: { code: -32602 },
    });
    expect(rig.transports).toHaveLength(1);
  });
});

test('a server that answers the handshake with an error is asked again: it may be starting', async () => {
  let isReady = false;
  const rig = new WireRig({ respond: (request) => (isReady ? answerHandshake(request) : undefined) });
  const connected = rig.manager.connect();
  await settle();
  isReady = true;
  rig.wire.receive({ jsonrpc: '2.0', id: 0, error: { code: -32603, message: 'warming up' } });
  await vi.advanceTimersByTimeAsync(250);
  expect(await look(connected)).toMatchObject({ value: { protocolVersion: '2025-11-25' } });
  expect(rig.manager.stats.lastError).toMatchObject({ code: 'HANDSHAKE_REJECTED' });
  await rig.manager.terminate();
});

test('R8: a server that never answers is left without a word, and asked again', async () => {
  const rig = new WireRig({
    respond: () => undefined,
    timeout: { connect: 500 },
    retryPolicy: { initialAttempts: 2 },
  });
  const outcome = errorOf(rig.manager.connect());
  await vi.advanceTimersByTimeAsync(500 + 250 + 500);
  expect(await outcome).toMatchObject({ code: 'CONNECT_TIMEOUT', details: { attempts: 2 } });
  expect(rig.transports.map(methods)).toEqual([['initialize'], ['initialize']]);
  expect(rig.transports.map(({ isOpen }) => isOpen)).toEqual([false, false]);
});

test('a server that never answers ping is asked something else, from then on', async () => {
  const respond: Responder = (request) => {
    if (request.method === 'ping') return undefined;
    return request.method === 'tools/list' ? { tools: [] } : answerHandshake(request);
  };
  const rig = new WireRig({ respond, healthCheck: { timeout: 100, interval: 1_000 } });
  const connected = rig.manager.connect();
  await vi.advanceTimersByTimeAsync(100);
  expect(await look(connected)).toMatchObject({ value: { serverInfo: { name: 'scripted' } } });
  await vi.advanceTimersByTimeAsync(3_000);
  expect(methods(rig.wire)).toEqual([
    'initialize',
    'notifications/initialized',
    'ping',
    'notifications/cancelled',
    'tools/list',
    'tools/list',
    'tools/list',
    'tools/list',
  ]);
  expect(rig.manager.stats).toMatchObject({ disconnects: {}, probes: { passed: 4, failed: 0 } });
  await rig.manager.terminate();
});

test('a server that falls silent is degraded, unhealthy, and replaced', async () => {
  let isMute = false;
  const rig = new WireRig({
    respond: (request) => (isMute ? undefined : answerHandshake(request)),
    healthCheck: { interval: 1_000, timeout: 100, confirmAfter: 10, failureThreshold: 2 },
  });
  await rig.manager.connect();
  const first = rig.wire;
  isMute = true;
  await vi.advanceTimersByTimeAsync(1_100);
  expect(rig.manager.health).toEqual({ status: 'degraded', reason: 'no answer within 100 ms' });
  isMute = false;
  first.send = async () => {};
  await vi.advanceTimersByTimeAsync(110);
  expect(rig.manager.health).toMatchObject({ status: 'unhealthy' });
  await vi.advanceTimersByTimeAsync(250);
  expect(rig.manager.health).toEqual({ status: 'healthy' });
  expect(rig.transports).toHaveLength(2);
  expect(first).toMatchObject({ isOpen: false, closes: 1 });
  await rig.manager.terminate();
});

test('a busy server is not asked at all', async () => {
  const rig = new WireRig({ healthCheck: { interval: 1_000 } });
  await rig.manager.connect();
  for (let round = 0; round < 20; round += 1) {
    await vi.advanceTimersByTimeAsync(500);
    rig.wire.receive({
      jsonrpc: '2.0',
      method: 'notifications/message',
      params: { level: 'info', data: round },
    });
  }
  expect(rig.wire.requests('ping')).toHaveLength(1);
  expect(rig.manager.stats.probes.passed).toBeGreaterThan(8);
  await rig.manager.terminate();
});

describe('row 38: when the machine slept', () => {
  test('a connection asks once, soon, and then goes on as before', async () => {
    const rig = new WireRig({ healthCheck: { interval: 60_000 } });
    await rig.manager.connect();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(rig.wire.requests('ping')).toHaveLength(1);
    vi.setSystemTime(Date.now() + 8 * 3_600_000);
    // Noticed within a second, spread over two.
    await vi.advanceTimersByTimeAsync(1_000 + 1_000);
    expect(rig.wire.requests('ping')).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(rig.wire.requests('ping')).toHaveLength(2);
    expect(rig.manager.stats).toMatchObject({ connects: 1, disconnects: {} });
    await rig.manager.terminate();
  });

  test('nobody watches for it while the connection is at rest', async () => {
    const rig = new WireRig();
    expect(vi.getTimerCount()).toBe(0);
    await rig.manager.connect();
    await rig.manager.disconnect();
    expect(vi.getTimerCount()).toBe(0);
    await rig.manager.connect();
    await rig.manager.terminate();
    expect(vi.getTimerCount()).toBe(0);
  });
});

test('401 of a transport of the SDK: the user authorizes, and the connection goes on', async () => {
  let isAuthorized = false;
  const codes: string[] = [];
  const rig = new WireRig({
    server: () => {
      const transport = new ScriptedTransport();
      rig.transports.push(transport);
      const send = transport.send.bind(transport);
      transport.send = (message) => (isAuthorized ? send(message) : Promise.reject(new UnauthorizedError()));
      const finishAuth = async (code: string) => {
        codes.push(code);
        if (code !== 'the right one') throw new Error('invalid_grant');
        isAuthorized = true;
      };
      return Object.assign(transport, { finishAuth });
    },
  });
  expect(await errorOf(rig.manager.connect())).toMatchObject({
    code: 'AUTHORIZATION_REQUIRED',
    cause: expect.any(UnauthorizedError),
  });
  expect(rig.manager.state).toEqual({ status: 'authorizing' });
  await vi.advanceTimersByTimeAsync(3_600_000);
  expect(rig.transports).toHaveLength(1);
  expect(await errorOf(rig.manager.authorize('a wrong one'))).toMatchObject({
    code: 'AUTHORIZATION_FAILED',
    cause: { message: 'invalid_grant' },
  });
  const connected = rig.manager.waitFor('connected');
  await rig.manager.authorize('the right one');
  expect(await look(connected)).toMatchObject({ value: { status: 'connected' } });
  expect(codes).toEqual(['a wrong one', 'the right one']);
  expect(rig.transports).toHaveLength(2);
  await rig.manager.terminate();
});

describe('an old session', () => {
  test('row 35: that closes late, or goes on talking, changes nothing', async () => {
    const rig = new WireRig();
    const notified = vi.fn();
    rig.manager.on('notification', notified);
    await rig.manager.connect();
    const old = rig.wire;
    const late = { close: old.onclose, lost: old.onlost };
    await rig.manager.reconnect();
    const { client } = rig.manager;
    late.close?.();
    late.lost?.(exited());
    old.receive({ jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info', data: 'late' } });
    await settle();
    expect(rig.manager.state.status).toBe('connected');
    expect(rig.manager.client).toBe(client);
    expect(client?.transport).toBeDefined();
    expect(notified).not.toHaveBeenCalled();
    await rig.manager.terminate();
  });

  test('that never ends keeps the next one from starting', async () => {
    const rig = new WireRig({ timeout: { release: 400 } });
    await rig.manager.connect();
    rig.wire.close = () => new Promise(() => {});
    rig.wire.lose(exited());
    await vi.advanceTimersByTimeAsync(400);
    expect(rig.manager.state).toMatchObject({ status: 'failed', error: { code: 'RELEASE_FAILED' } });
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(rig.transports).toHaveLength(1);
  });

  test('row 34: that opens after the user has left is closed', async () => {
    let come: () => void = () => {};
    const transport = new ScriptedTransport();
    const rig = new WireRig({
      server: () =>
        new Promise((resolve) => {
          come = () => resolve(transport);
        }),
    });
    const outcome = errorOf(rig.manager.connect());
    await settle();
    const left = rig.manager.disconnect();
    expect(await outcome).toMatchObject({ code: 'SUPERSEDED' });
    expect(rig.manager.state).toEqual({ status: 'closing' });
    come();
    await left;
    expect(transport).toMatchObject({ isOpen: false, closes: 1 });
  });
});

test('answers that nobody waits for are counted', async () => {
  const rig = new WireRig();
  await rig.manager.connect();
  expect(rig.manager.stats.strayAnswers).toBe(0);
  for (const id of [4_711, '4711', 4_711]) rig.wire.receive({ jsonrpc: '2.0', id, result: {} });
  expect(rig.manager.stats.strayAnswers).toBe(3);
});

test('every call is told of under the name of its request', async () => {
  const rig = new WireRig({
    respond: (request) => (request.method === 'initialize' ? answerHandshake(request) : {}),
  });
  const { manager } = rig;
  await manager.connect();
  const told: string[] = [];
  manager.on('call', ({ method }) => told.push(method));
  const calls = {
    'tools/list': manager.listTools(),
    'tools/call': manager.callTool({ name: 'any' }),
    'prompts/list': manager.listPrompts(),
    'prompts/get': manager.getPrompt({ name: 'any' }),
    'resources/list': manager.listResources(),
    'resources/templates/list': manager.listResourceTemplates(),
    'resources/read': manager.readResource({ uri: 'any:thing' }),
    'resources/subscribe': manager.subscribeResource({ uri: 'any:thing' }),
    'resources/unsubscribe': manager.unsubscribeResource({ uri: 'any:thing' }),
    'completion/complete': manager.complete({
      ref: { type: 'ref/prompt', name: 'any' },
      argument: { name: 'any', value: '' },
    }),
    'logging/setLevel': manager.setLoggingLevel('info'),
  };
  // Whether this server's empty answers are good ones is not the question.
  await Promise.allSettled(Object.values(calls));
  expect(told.sort()).toEqual(Object.keys(calls).sort());
});
