import { createRequire } from 'node:module';
import { context, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ConnectionManager, type ConnectionOptions, createConnectionPool } from '../../src/index.js';
import {
  observeConnection,
  observePool,
  traceEffects,
  withTraceContext,
} from '../../src/opentelemetry/index.js';
import { ATTRIBUTE, BUCKETS, METRIC } from '../../src/opentelemetry/names.js';
import { errorOf } from '../connection/support.js';
import { answer, type Received, ScriptedServer } from '../fixtures/servers/http-scripted.js';
import { ProcessMark } from '../integration/support.js';
import { faultyServer } from '../support/faultyServer.js';
import { type Point, TelemetryRig } from './rig.js';

const retryPolicy = { backoffStrategy: { type: 'constant', delay: 1 }, jitter: 'none', minDelay: 1 } as const;

function observed(options: Partial<ConnectionOptions> = {}) {
  const rig = new TelemetryRig();
  const mark = new ProcessMark();
  const manager = new ConnectionManager({
    name: 'files',
    server: { command: process.execPath, args: [faultyServer], env: mark.env },
    retryPolicy,
    ...options,
  });
  onTestFinished(() => manager.terminate());
  return { rig, mark, manager, stop: observeConnection(manager, rig) };
}

const echo = { name: 'echo', arguments: { text: 'argument-sentinel' } };
const parentOf = (span: { parentSpanContext?: { spanId: string } | undefined }) =>
  span.parentSpanContext?.spanId;

/** What a gauge says now, by the words that it says it of. */
function told(points: ReadonlyMap<string, readonly Point[]>, name: string): { [word: string]: number } {
  return Object.fromEntries(
    (points.get(name) ?? []).map(({ attributes, value }) => [String(attributes[name]), value]),
  );
}

describe('a connection to a process', () => {
  test('is told as spans: the attempt with its phases, calls, the session; again after a kill', async () => {
    const { rig, mark, manager } = observed();
    const tracer = rig.tracerProvider.getTracer('the host');
    await tracer.startActiveSpan('work', async (span) => {
      await manager.connect();
      await manager.callTool(echo);
      span.end();
    });
    const work = rig.one('work').spanContext().spanId;
    const attempt = rig.one('lifeline.connect');
    expect(parentOf(attempt)).toBe(work);
    expect(attempt.status.code).toBe(SpanStatusCode.UNSET);
    const within = rig.spans.filter((span) => parentOf(span) === attempt.spanContext().spanId);
    expect(within.map(({ name }) => name)).toEqual([
      'lifeline.connect queued',
      'lifeline.connect transportSetup',
      'initialize',
      'lifeline.connect capabilityNegotiation',
      'lifeline.connect healthCheck',
    ]);
    expect(rig.one('initialize')).toMatchObject({
      kind: SpanKind.CLIENT,
      attributes: { 'mcp.method.name': 'initialize', 'network.transport': 'pipe' },
    });
    const call = rig.one('tools/call echo');
    expect(call).toMatchObject({ kind: SpanKind.CLIENT, status: { code: SpanStatusCode.UNSET } });
    expect(parentOf(call)).toBe(work);
    expect(call.attributes).toEqual({
      'mcp.method.name': 'tools/call',
      'gen_ai.tool.name': 'echo',
      'gen_ai.operation.name': 'execute_tool',
      'mcp.protocol.version': '2025-11-25',
      'network.transport': 'pipe',
      'lifeline.connection.name': 'files',
      'lifeline.call.sessions': 1,
    });

    const died = errorOf(manager.callTool({ name: 'never', arguments: {} }));
    process.kill(mark.leader, 'SIGKILL');
    await died;
    await manager.waitFor('connected');
    expect(rig.one('tools/call never')).toMatchObject({
      status: { code: SpanStatusCode.ERROR },
      attributes: { 'error.type': 'CONNECTION_LOST' },
    });
    const lost = rig.one('lifeline.session');
    expect(lost).toMatchObject({
      status: { code: SpanStatusCode.ERROR },
      attributes: { 'error.type': 'PROCESS_EXITED', 'mcp.protocol.version': '2025-11-25' },
    });
    const [, second] = rig.named('lifeline.connect');
    expect(second).toMatchObject({ attributes: { 'lifeline.connection.retry_count': 1 } });
    expect(second?.parentSpanContext).toBeUndefined();
    expect(second?.links.map((link) => link.context.spanId)).toEqual([lost.spanContext().spanId]);

    await manager.terminate();
    expect(rig.named('lifeline.session')[1]).toMatchObject({ status: { code: SpanStatusCode.UNSET } });
  });

  test('is told as metrics', async () => {
    const { rig, mark, manager } = observed();
    await manager.connect();
    await manager.callTool(echo);
    await manager.callTool(echo);
    await errorOf(manager.callTool({ name: 'no such', arguments: {} }));
    process.kill(mark.leader, 'SIGKILL');
    await manager.waitFor(({ status }) => status !== 'connected');
    await manager.waitFor('connected');
    const base = { 'lifeline.connection.name': 'files', 'network.transport': 'pipe' };
    const during = await rig.points();
    expect(during.get('mcp.client.operation.duration')).toEqual([
      expect.objectContaining({
        count: 2,
        boundaries: BUCKETS,
        attributes: {
          ...base,
          'mcp.protocol.version': '2025-11-25',
          'mcp.method.name': 'tools/call',
          'gen_ai.operation.name': 'execute_tool',
          'gen_ai.tool.name': 'echo',
        },
      }),
      expect.objectContaining({
        count: 1,
        attributes: expect.objectContaining({ 'error.type': '-32601', 'rpc.response.status_code': '-32601' }),
      }),
    ]);
    expect(during.get('mcp.client.session.duration')).toEqual([
      expect.objectContaining({
        count: 1,
        boundaries: BUCKETS,
        attributes: { ...base, 'mcp.protocol.version': '2025-11-25', 'error.type': 'PROCESS_EXITED' },
      }),
    ]);
    expect(told(during, METRIC.status)).toEqual({
      connected: 1,
      connecting: 0,
      disconnected: 0,
      reconnecting: 0,
    });
    expect(told(during, METRIC.health)).toEqual({ healthy: 1, unhealthy: 0 });
    expect(during.get('lifeline.connection.attempts')).toMatchObject([{ value: 2, attributes: base }]);
    expect(during.get('lifeline.connection.losses')).toMatchObject([
      { value: 1, attributes: { 'error.type': 'PROCESS_EXITED' } },
    ]);
    expect(during.get('lifeline.connection.reconnections')).toMatchObject([{ value: 1, attributes: base }]);

    await manager.terminate();
    // It is not there any more.
    const after = await rig.points();
    expect(new Set(Object.values({ ...told(after, METRIC.status), ...told(after, METRIC.health) }))).toEqual(
      new Set([0]),
    );
  });

  test('that never comes up is told with what was wrong', async () => {
    const { rig, manager } = observed({
      server: { command: process.execPath, args: [faultyServer, '--exit', '3'] },
      retryPolicy: { ...retryPolicy, initialAttempts: 2 },
    });
    await errorOf(manager.connect());
    expect(rig.named('lifeline.connect')).toMatchObject(
      [0, 1].map((retries) => ({
        status: { code: SpanStatusCode.ERROR },
        attributes: { 'error.type': 'PROCESS_EXITED', 'lifeline.connection.retry_count': retries },
      })),
    );
    expect(rig.named('lifeline.session')).toEqual([]);
    expect((await rig.points()).get('lifeline.connection.attempts')).toMatchObject([{ value: 2 }]);
  });

  test('tells nothing after it was asked to stop, and ends what is open', async () => {
    const { rig, manager, stop } = observed({});
    await manager.connect();
    stop();
    expect(rig.one('lifeline.session').ended).toBe(true);
    const before = rig.spans.length;
    await manager.callTool(echo);
    await manager.disconnect();
    expect(rig.spans).toHaveLength(before);
  });

  test('can be met when it is connected already, with attributes of the host', async () => {
    const { rig, manager, stop } = observed();
    await manager.connect();
    const { connectedAt } = await manager.connect();
    stop();
    const { tracerProvider, meterProvider } = rig;
    observeConnection(manager, { tracerProvider, meterProvider, attributes: { team: 'search' } });
    await manager.disconnect();
    const [, session] = rig.named('lifeline.session');
    expect(session).toMatchObject({ attributes: { team: 'search' } });
    const [seconds = 0, nanos = 0] = session?.startTime ?? [];
    expect(Math.abs(seconds * 1_000 + nanos / 1e6 - connectedAt)).toBeLessThan(1);
  });
});

describe('a connection over HTTP', () => {
  const start = async () => {
    const server = await ScriptedServer.start();
    onTestFinished(() => server.die());
    server.on('tools/call', (received) => {
      const { params } = JSON.parse(received.body);
      answer(received, { content: [], isError: params.name === 'broken', _meta: { got: params._meta } });
    });
    const { rig, manager } = observed({
      server: {
        url: `${server.url}?key=query-sentinel`,
        headers: { authorization: 'Bearer header-sentinel' },
      },
      secrets: ['named-sentinel'],
    });
    await manager.connect();
    return { rig, manager, server };
  };

  test('is told with the host and port, and a tool that failed as such', async () => {
    const { rig, manager, server } = await start();
    await manager.callTool({ name: 'broken', arguments: {} });
    expect(rig.one('tools/call broken')).toMatchObject({
      status: { code: SpanStatusCode.ERROR },
      attributes: {
        'error.type': 'tool_error',
        'network.transport': 'tcp',
        'server.address': '127.0.0.1',
        'server.port': server.port,
      },
    });
  });

  test('tells no secret and no argument in any span or measurement', async () => {
    const { rig, manager, server } = await start();
    const refuseWithAll = ({ response, id }: Received) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const message = 'header-sentinel query-sentinel named-sentinel';
      response.end(JSON.stringify({ jsonrpc: '2.0', id, error: { code: -32602, message, data: message } }));
    };
    server.on('prompts/get', refuseWithAll).on('resources/read', refuseWithAll);
    await manager.callTool(echo);
    await errorOf(manager.getPrompt({ name: 'greet', arguments: { who: 'argument-sentinel' } }));
    await errorOf(manager.readResource({ uri: 'db://user:password-sentinel@host/' }));
    await server.die();
    await manager.terminate();
    expect(rig.one('prompts/get greet').attributes).toMatchObject({
      'gen_ai.prompt.name': 'greet',
      'error.type': '-32602',
    });
    const shown = rig.spans.map(({ name, attributes, status, events }) => ({
      name,
      attributes,
      status,
      events,
    }));
    expect(shown.length).toBeGreaterThan(8);
    expect(JSON.stringify([shown, [...(await rig.points())]])).not.toMatch(/sentinel/);
  });

  test('passes the context of the active span on where it is asked to', async () => {
    const { rig, manager } = await start();
    propagation.setGlobalPropagator({
      inject: (from, carrier, setter) =>
        setter.set(carrier, 'traceparent', trace.getSpanContext(from)?.spanId ?? ''),
      extract: (into) => into,
      fields: () => ['traceparent'],
    });
    onTestFinished(() => propagation.disable());
    const span = rig.tracerProvider.getTracer('the host').startSpan('work');
    const result = await context.with(trace.setSpan(context.active(), span), () =>
      manager.callTool(withTraceContext({ ...echo, _meta: { own: true } })),
    );
    span.end();
    expect(result._meta).toEqual({ got: { own: true, traceparent: span.spanContext().spanId } });
  });

  test('passes nothing on where nothing is active', () => {
    expect(withTraceContext(echo)).toBe(echo);
  });
});

test('a pool tells of each connection that comes', async () => {
  const rig = new TelemetryRig();
  const server = { command: process.execPath, args: [faultyServer] };
  const pool = createConnectionPool({
    servers: {
      one: server,
      two: server,
      broken: { command: process.execPath, args: [faultyServer, '--exit', '1'] },
    },
    retryPolicy: { ...retryPolicy, initialAttempts: 1 },
  });
  onTestFinished(() => pool[Symbol.asyncDispose]());
  const own = new ConnectionManager({ name: 'own', server });
  await own.connect();
  await pool.put('own', own);
  const stop = observePool(pool, rig);
  for (const name of ['one', 'two', 'own']) await (await pool.get(name)).callTool(echo);
  await errorOf(pool.get('broken'));
  const statuses = async () =>
    (await rig.points())
      .get(METRIC.status)
      ?.filter(({ value }) => value === 1)
      .map(({ attributes }) => [attributes[ATTRIBUTE.connection], attributes[ATTRIBUTE.status]])
      .sort();
  expect(await statuses()).toEqual([
    ['broken', 'failed'],
    ['one', 'connected'],
    ['own', 'connected'],
    ['two', 'connected'],
  ]);
  await pool.drain();
  const connections = (name: string) =>
    rig
      .named(name)
      .map(({ attributes }) => attributes[ATTRIBUTE.connection])
      .sort();
  expect(connections('tools/call echo')).toEqual(['one', 'own', 'two']);
  expect(connections('lifeline.connect')).toEqual(['broken', 'one', 'two']);
  expect(connections('lifeline.session')).toEqual(['one', 'own', 'two']);
  stop();
  expect(await statuses()).toEqual([]);
});

test('what a chart does is told as spans, from its inspection', async () => {
  const rig = new TelemetryRig();
  const mark = new ProcessMark();
  const { manager } = observed({
    server: { command: process.execPath, args: [faultyServer], env: mark.env },
    inspect: traceEffects(rig),
  });
  await manager.connect();
  await manager.checkHealth();
  process.kill(mark.leader, 'SIGKILL');
  await manager.waitFor(({ status }) => status !== 'connected');
  await manager.waitFor('connected');
  await manager.terminate();
  const effects = rig.spans.map(({ name }) => name).filter((name) => name.startsWith('lifeline.effect '));
  const count = (name: string) => effects.filter((effect) => effect === `lifeline.effect ${name}`).length;
  expect(
    Object.fromEntries(
      [...new Set(effects)].map((effect) => effect.split(' ')[1]).map((name = '') => [name, count(name)]),
    ),
  ).toEqual({
    turn: 2,
    session: 2,
    restore: 2,
    probe: 3,
    release: 2,
  });
  expect(rig.named('lifeline.effect probe')[0]).toMatchObject({
    attributes: { 'lifeline.connection.name': 'files' },
  });
});

test('the names are those of the semantic conventions', () => {
  const load = createRequire(createRequire(import.meta.url).resolve('@opentelemetry/sdk-trace-base'));
  const known = new Set<unknown>(Object.values(load('@opentelemetry/semantic-conventions/incubating')));
  const names = [...Object.values(ATTRIBUTE), ...Object.values(METRIC)].filter(
    (name) => !name.startsWith('lifeline.'),
  );
  expect(names.length).toBeGreaterThan(10);
  expect(names.filter((name) => !known.has(name))).toEqual([]);
});
