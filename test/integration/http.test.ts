import { describe, expect, onTestFinished, test } from 'vitest';
import type { HttpServer } from '../../src/index.js';
import { EverythingServer } from '../support/everythingServer.js';
import { ascent, connection } from './support.js';

const sum = { name: 'get-sum', arguments: { a: 2, b: 40 } };
const answer = { content: [{ type: 'text', text: 'The sum of 2 and 40 is 42.' }] };
const initialized = /Session initialized with ID: /;

async function serve(mode: EverythingServer['mode']): Promise<EverythingServer> {
  const server = await EverythingServer.start(mode);
  onTestFinished(() => server.kill());
  return server;
}

/** The ids of the sessions that the present process of the server began. */
function sessionsOf(server: EverythingServer): string[] {
  return server.lines.filter((line) => initialized.test(line)).map((line) => line.replace(initialized, ''));
}

describe('over Streamable HTTP', () => {
  test('a session is begun, used under its id, and ended with DELETE', async () => {
    const server = await serve('streamableHttp');
    const { manager, states } = connection({ server: { url: server.url } });
    const info = await manager.connect();
    expect(states()).toEqual(ascent);
    expect(info).toMatchObject({
      protocolVersion: '2025-11-25',
      serverInfo: { name: 'mcp-servers/everything', version: '2.0.0' },
    });
    expect(info.negotiatedFeatures).toEqual(expect.arrayContaining(['tools', 'resources.subscribe']));
    const id = manager.client?.transport?.sessionId;
    expect(sessionsOf(server)).toEqual([id]);

    const { tools } = await manager.listTools();
    expect(tools.map(({ name }) => name)).toContain('get-sum');
    expect(await manager.callTool(sum)).toMatchObject(answer);
    expect(await manager.checkHealth()).toEqual({ status: 'healthy' });
    expect(sessionsOf(server)).toHaveLength(1);

    await manager.disconnect();
    await server.said(new RegExp(`Received session termination request for session ${id}`));
    await server.said(new RegExp(`Transport closed for session ${id}`));
  });

  test('a second connect begins a second session', async () => {
    const server = await serve('streamableHttp');
    const { manager } = connection({ server: { url: server.url } });
    await manager.connect();
    await manager.disconnect();
    await manager.connect();
    expect(new Set(sessionsOf(server)).size).toBe(2);
    expect(manager.client?.transport?.sessionId).toBe(sessionsOf(server)[1]);
  });

  test('a killed server is missed without a call; restarted, it gets a new session', async () => {
    const server = await serve('streamableHttp');
    const { manager } = connection({ server: { url: server.url } });
    await manager.connect();
    const before = manager.client?.transport?.sessionId;
    await server.kill();
    await manager.waitFor('reconnecting');
    const waiting = manager.callTool(sum);
    await server.restart();
    expect(await waiting).toMatchObject(answer);
    expect(sessionsOf(server)).toEqual([manager.client?.transport?.sessionId]);
    expect(sessionsOf(server)).not.toContain(before);
    expect(manager.stats).toMatchObject({ connects: 2, reconnections: 1 });
  });

  test('a session that somebody else ended is replaced, and the call goes out on the next', async () => {
    const server = await serve('streamableHttp');
    const { manager } = connection({ server: { url: server.url } });
    await manager.connect();
    const id = manager.client?.transport?.sessionId ?? '';
    await fetch(server.url, { method: 'DELETE', headers: { 'mcp-session-id': id } });
    // This server refuses a session it does not know as a handler might refuse a call: what may not be
    // executed twice would not be sent again.
    expect(await manager.callTool(sum, { idempotent: true })).toMatchObject(answer);
    // The call finds out, unless the stream was asked for again before.
    expect(manager.stats.lastError?.code).toMatch(/^(SESSION_EXPIRED|STREAM_LOST)$/);
    expect(sessionsOf(server)).toEqual([id, manager.client?.transport?.sessionId]);
  });

  test('a call in flight when the server dies settles at once, and is not sent again', async () => {
    const server = await serve('streamableHttp');
    const { manager } = connection({ server: { url: server.url } });
    await manager.connect();
    const long = { name: 'trigger-long-running-operation', arguments: { duration: 60, steps: 600 } };
    let killed: Promise<void> | null = null;
    const onprogress = () => {
      killed ??= server.kill();
    };
    await expect(manager.callTool(long, { onprogress })).rejects.toMatchObject({
      name: 'ConnectionLostError',
      code: 'CONNECTION_LOST',
      server: 'peer',
      mayHaveExecuted: true,
    });
    await killed;
    await server.restart();
    expect(await manager.callTool(sum)).toMatchObject(answer);
    expect(manager.stats.calls).toMatchObject({ accepted: 2, sent: 2, succeeded: 1, failed: 1 });
  });
});

describe('over HTTP+SSE', () => {
  const ways: [way: string, server: Pick<HttpServer, 'type'>][] = [
    ['asked for', { type: 'sse' }],
    ['found out', {}],
  ];

  test.each(ways)('%s: connects, answers, and ends the stream', async (_way, { type }) => {
    const server = await serve('sse');
    const { manager, states } = connection({ server: { url: server.url, type } });
    const info = await manager.connect();
    expect(states()).toEqual(ascent);
    expect(info).toMatchObject({ protocolVersion: '2025-11-25', serverInfo: { version: '2.0.0' } });
    expect(await manager.callTool(sum)).toMatchObject(answer);
    expect(await manager.checkHealth()).toEqual({ status: 'healthy' });
    await manager.disconnect();
    await server.said(/Client Disconnected/);
    expect(server.lines.filter((line) => line.includes('Client Connected'))).toHaveLength(1);
  });

  test.each(ways)('%s: a killed server is missed without a call, and found again', async (_way, { type }) => {
    const server = await serve('sse');
    const { manager } = connection({ server: { url: server.url, type } });
    await manager.connect();
    await server.kill();
    await manager.waitFor('reconnecting');
    const waiting = manager.callTool(sum);
    await server.restart();
    expect(await waiting).toMatchObject(answer);
    expect(server.lines.filter((line) => line.includes('Client Connected'))).toHaveLength(1);
  });

  test('a server that only speaks it refuses Streamable HTTP', async () => {
    const server = await serve('sse');
    const { manager } = connection({ server: { url: server.url, type: 'http' } });
    await expect(manager.connect()).rejects.toMatchObject({ code: 'HTTP_REJECTED' });
    expect(manager.stats.attempts).toBe(1);
  });
});
