import type { JSONRPCRequest } from '@modelcontextprotocol/sdk/types.js';
import { afterEach, describe, expect, test } from 'vitest';
import { ConnectionManager } from '../../src/connection/ConnectionManager.js';
import { ConnectionError } from '../../src/errors.js';
import { ScriptedTransport } from '../../src/testing/scriptedTransport.js';
import { SteppingClock, settle } from '../../src/testing/steppingClock.js';

const capabilities = { tools: {}, resources: { subscribe: true }, prompts: {}, logging: {} };

type Answer = { [key: string]: unknown } | undefined;

function answer({ method }: JSONRPCRequest): Answer {
  switch (method) {
    case 'initialize':
      return { protocolVersion: '2025-11-25', capabilities, serverInfo: { name: 'scripted', version: '1' } };
    case 'tools/list':
      return { tools: [] };
    default:
      return {};
  }
}

const terminations: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(terminations.splice(0).map((terminate) => terminate()));
});

/** A connected manager, and what its servers were asked after each handshake. */
async function connected(respond: (request: JSONRPCRequest) => Answer = answer) {
  const clock = new SteppingClock();
  const transports: ScriptedTransport[] = [];
  const warnings: string[] = [];
  const manager = new ConnectionManager({
    name: 'remembered',
    server: () => {
      const transport = new ScriptedTransport(respond);
      transports.push(transport);
      return transport;
    },
    clock,
    retryPolicy: { backoffStrategy: { type: 'constant', delay: 1_000 }, jitter: 'none' },
    logger: { debug: (message) => warnings.push(message), warn: () => {} },
  });
  terminations.push(() => manager.terminate());
  await manager.connect();
  return {
    manager,
    clock,
    warnings,
    /** What the latest server was asked, in order, without handshake and probes. */
    asked: () =>
      (transports.at(-1)?.sent ?? []).flatMap((message) =>
        'method' in message && 'id' in message && !['initialize', 'ping'].includes(message.method)
          ? [{ method: message.method, params: message.params }]
          : [],
      ),
    async lose() {
      transports.at(-1)?.lose(new ConnectionError('PROCESS_EXITED', 'gone'));
      await settle();
      clock.step();
      await settle();
    },
  };
}

describe('a new session', () => {
  test('gets the log level and the subscriptions of the one before', async () => {
    const { manager, asked, lose } = await connected();
    await manager.setLoggingLevel('debug');
    await manager.setLoggingLevel('warning');
    await manager.subscribeResource({ uri: 'test://kept' });
    await manager.subscribeResource({ uri: 'test://dropped' });
    await manager.unsubscribeResource({ uri: 'test://dropped' });
    await lose();
    expect(manager.state.status).toBe('connected');
    expect(asked()).toEqual([
      { method: 'logging/setLevel', params: { level: 'warning' } },
      { method: 'resources/subscribe', params: { uri: 'test://kept' } },
    ]);
  });

  test('gets what an embedder set up with the client itself, and keeps it over further losses', async () => {
    const { manager, asked, lose } = await connected();
    await manager.run((client) => client.setLoggingLevel('error'));
    await lose();
    await lose();
    expect(asked()).toEqual([{ method: 'logging/setLevel', params: { level: 'error' } }]);
  });

  test('knows the tools before a call relies on them, and says that the lists may have changed', async () => {
    const { manager, asked, lose } = await connected();
    await manager.listTools();
    const heard: string[] = [];
    manager.on('notification', ({ method }) => heard.push(`${method} while ${manager.state.status}`));
    await lose();
    await manager.callTool({ name: 'any' }).catch(() => {});
    expect(asked().map(({ method }) => method)).toEqual(['tools/list', 'tools/call']);
    expect(heard).toEqual(['notifications/tools/list_changed while connecting']);
  });

  test('is asked for nothing where nothing was set up', async () => {
    const { manager, asked, lose } = await connected();
    const heard: string[] = [];
    manager.on('notification', ({ method }) => heard.push(method));
    await lose();
    expect(manager.state.status).toBe('connected');
    expect(asked()).toEqual([]);
    expect(heard).toEqual([]);
  });

  test('is used although it refuses what it is asked to put back', async () => {
    let sessions = 0;
    const { manager, warnings, lose } = await connected((request) => {
      if (request.method === 'initialize') sessions += 1;
      // An answer that is none: the SDK refuses it.
      return request.method === 'logging/setLevel' && sessions > 1 ? { level: 1n } : answer(request);
    });
    await manager.setLoggingLevel('debug');
    await lose();
    expect(manager.state.status).toBe('connected');
    expect(warnings.filter((message) => message.includes('level'))).not.toEqual([]);
  });

  test('is used although it never answers what it is asked to put back', async () => {
    let sessions = 0;
    const { manager, clock, lose } = await connected((request) => {
      if (request.method === 'initialize') sessions += 1;
      return request.method === 'logging/setLevel' && sessions > 1 ? undefined : answer(request);
    });
    await manager.setLoggingLevel('debug');
    await lose();
    expect(manager.state).toMatchObject({ status: 'connecting', phase: 'capabilityNegotiation' });
    await clock.advance(10_000);
    expect(manager.state.status).toBe('connected');
  });
});

test('what a session refused to set up is not put back', async () => {
  const { manager, asked, lose } = await connected((request) =>
    request.method === 'resources/subscribe' ? undefined : answer(request),
  );
  await manager.setLoggingLevel('debug');
  const subscribing = manager.subscribeResource({ uri: 'test://slow' }).catch((error: unknown) => error);
  await settle();
  await lose();
  expect(await subscribing).toMatchObject({ code: 'CONNECTION_LOST' });
  expect(asked().map(({ method }) => method)).toEqual(['logging/setLevel']);
});
