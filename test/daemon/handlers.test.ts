/** The handlers of the daemon know servers by the pool alone. */
import { expect, test, vi } from 'vitest';
import { createHandlers, handlerOf, type ServerFace } from '../../src/daemon/handlers.js';
import { Params } from '../../src/daemon/params.js';
import type { DaemonMethod } from '../../src/daemon/protocol.types.js';
import { markedServers, summarize } from '../../src/daemon/servers.js';
import { ConnectionError } from '../../src/errors.js';
import { ConnectionManager } from '../../src/index.js';
import { FakeConnectionPool } from '../../src/testing/fakeConnectionPool.js';
import { load } from '../config/support.js';

const tools = [{ name: 'read' }, { name: 'write' }].map((tool) => ({
  ...tool,
  inputSchema: { type: 'object' as const },
}));

function face(): ServerFace {
  const { stats } = new ConnectionManager({ name: 'unused', server: { command: 'unused' } });
  return {
    stats,
    callTool: vi.fn(async ({ name }) => ({ content: [{ type: 'text' as const, text: name }] })),
    checkHealth: async () => ({ status: 'healthy' }),
    getPrompt: async () => ({ messages: [] }),
    listPrompts: async () => ({ prompts: [] }),
    listResources: async () => ({ resources: [] }),
    listResourceTemplates: async () => ({ resourceTemplates: [] }),
    listTools: async () => ({ tools }),
    readResource: async () => ({ contents: [] }),
  };
}

function household(names: readonly string[] = ['one']) {
  const pool = new FakeConnectionPool<ServerFace>(Object.fromEntries(names.map((name) => [name, face])));
  const leave = vi.fn();
  const handlers = createHandlers({
    pool,
    rulesOf: (server) => (names.includes(server) ? { disabledTools: ['write'] } : undefined),
    errorOf: (server) => (server === 'broken' ? new ConnectionError('COMMAND_NOT_FOUND', 'broken') : null),
    servers: () => [],
    status: () => {
      throw new Error('not asked for');
    },
    stats: () => ({ pool: pool.stats, servers: pool.entries }),
    watch: async () => null,
    inspection: {
      watch: async () => null,
      focus: () => null,
      act: async () => ({ isDone: true, text: 'done' }),
    },
    leave,
  });
  const ask = async (method: string, params?: object, signal = new AbortController().signal) =>
    handlerOf(handlers, method)(new Params(method, params), { signal, progress: () => {} });
  return { pool, leave, ask };
}

const aboutServers: [DaemonMethod, object][] = [
  ['tools.list', {}],
  ['tools.call', { tool: 'read' }],
  ['resources.list', {}],
  ['resources.templates', {}],
  ['resources.read', { uri: 'a:b' }],
  ['prompts.list', {}],
  ['prompts.get', { prompt: 'p' }],
  ['server.ping', {}],
];

test.each(aboutServers)('%s gets the connection from the pool, once', async (method, params) => {
  const { pool, ask } = household();
  await ask(method, { server: 'one', ...params });
  expect(pool.asked).toEqual([{ what: 'get', name: 'one' }]);
});

test.each(aboutServers)('%s tells what the pool says, with the server', async (method, params) => {
  const { pool, ask } = household();
  pool.failNext('one', new ConnectionError('AUTHORIZATION_REQUIRED', 'one: needs an authorization'));
  await expect(ask(method, { server: 'one', ...params })).rejects.toMatchObject({
    message: 'one: needs an authorization',
    data: { code: 'AUTHORIZATION_REQUIRED', server: 'one' },
  });
  await expect(ask(method, { server: 'none', ...params })).rejects.toMatchObject({ code: 'UNKNOWN_SERVER' });
});

test.each([...aboutServers, ['server.restart', {}] as const])(
  '%s of a server that cannot be used is not asked of the pool',
  async (method, params) => {
    const { pool, ask } = household(['broken']);
    await expect(ask(method, { server: 'broken', ...params })).rejects.toMatchObject({
      data: { code: 'COMMAND_NOT_FOUND', server: 'broken' },
    });
    expect(pool.asked).toEqual([]);
  },
);

test('restart is the pool’s', async () => {
  const { pool, ask } = household();
  await ask('server.restart', { server: 'one' });
  expect(pool.asked).toEqual([{ what: 'restart', name: 'one' }]);
});

test('how long a call may take is the server’s matter, unless the caller says it', async () => {
  const { pool, ask } = household();
  const timeoutOf = async (params: object) => {
    await ask('tools.call', { server: 'one', tool: 'read', ...params });
    return vi.mocked(pool.peek('one')?.callTool)?.mock.lastCall?.[1]?.timeout;
  };
  expect(await timeoutOf({})).toBeUndefined();
  expect(await timeoutOf({ timeout: 90_000 })).toBe(90_000);
});

test.each([0, -1, 2 ** 31, '1', true])('%j is no time for a request', async (timeout) => {
  const { pool, ask } = household();
  await expect(ask('tools.list', { server: 'one', timeout })).rejects.toMatchObject({
    data: { code: 'INVALID_PARAMS' },
  });
  expect(pool.asked).toEqual([]);
});

test('a caller who gives up ends the wait for the connection', async () => {
  const { pool, ask } = household();
  pool.hold('one');
  const controller = new AbortController();
  const asked = ask('tools.list', { server: 'one' }, controller.signal);
  controller.abort(new Error('enough'));
  await expect(asked).rejects.toMatchObject({ message: 'enough' });
  expect(pool.stats.gets).toMatchObject({ cancelled: 1, waiting: 0 });
});

test('tools that are not allowed are neither shown nor called', async () => {
  const { pool, ask } = household();
  expect(await ask('tools.list', { server: 'one' })).toEqual({ tools: [tools[0]] });
  await expect(ask('tools.call', { server: 'one', tool: 'write' })).rejects.toMatchObject({
    data: { code: 'TOOL_NOT_ALLOWED' },
  });
  expect(pool.peek('one')?.callTool).not.toHaveBeenCalled();
});

test('how servers are is what the pool has of them, whatever they wait for', () => {
  const { servers } = load({
    mcpServers: {
      used: { command: 'a' },
      waits: { url: 'http://a' },
      unused: { command: 'a' },
      off: { command: 'a', disabled: true },
      lacks: { command: 'a', env: { A: '$' + '{MISSING}' } },
    },
  });
  const states = { used: 'connected', waits: 'authorizing' } as const;
  const pool = {
    peek: (name: string) =>
      name === 'used' || name === 'waits'
        ? { state: { status: states[name] }, health: null, failure: null }
        : null,
  };
  expect(
    summarize(servers, pool).map(({ name, kind, status, isDisabled, error }) => [
      name,
      kind,
      status,
      isDisabled,
      error?.code ?? null,
    ]),
  ).toEqual([
    ['used', 'stdio', 'connected', false, null],
    ['waits', 'http', 'authorizing', false, null],
    ['unused', 'stdio', 'disconnected', false, null],
    ['off', 'stdio', 'disconnected', true, null],
    ['lacks', 'stdio', 'disconnected', false, 'CONFIG_INVALID'],
  ]);
  expect(Object.keys(markedServers(servers, {}))).toEqual(['used', 'waits', 'unused']);
});
