/** The manager over real sessions and a server of the SDK, in one process. */
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import { McpServer, ResourceTemplate } from '@modelcontextprotocol/sdk/server/mcp.js';
import { afterEach, describe, expect, test } from 'vitest';
import { ConnectionManager } from '../../src/connection/ConnectionManager.js';
import type { ConnectionOptions } from '../../src/connection/options.js';
import type { ConnectionState } from '../../src/connection/state.js';
import { errorOf } from './support.js';

/** A place where servers of the SDK start, one for each session. */
class Host {
  readonly servers: McpServer[] = [];
  readonly executed: string[] = [];
  readonly manager: ConnectionManager;
  #hold: Promise<void> | null = null;
  #called: () => void = () => {};

  constructor(options: Partial<ConnectionOptions> = {}) {
    this.manager = new ConnectionManager({
      name: 'memory',
      server: () => this.#start(),
      retryPolicy: { backoffStrategy: { type: 'constant', delay: 1 } },
      ...options,
    });
  }

  /** Tools wait until `release` is called; `called` tells that one does. */
  hold(): { called: Promise<void>; release: () => void } {
    let release: () => void = () => {};
    this.#hold = new Promise((resolve) => {
      release = resolve;
    });
    const called = new Promise<void>((resolve) => {
      this.#called = resolve;
    });
    return { called, release };
  }

  async #start(): Promise<InMemoryTransport> {
    const [near, far] = InMemoryTransport.createLinkedPair();
    const server = new McpServer({ name: 'memory', version: '0.1.0' }, { capabilities: { logging: {} } });
    server.registerTool('echo', { annotations: { readOnlyHint: true } }, async () => {
      this.executed.push('echo');
      this.#called();
      await this.#hold;
      return { content: [{ type: 'text', text: 'echo' }] };
    });
    server.registerResource(
      'note',
      new ResourceTemplate('note://{id}', { list: undefined }),
      {},
      async (uri) => ({
        contents: [{ uri: uri.href, text: 'a note' }],
      }),
    );
    server.registerPrompt('greet', {}, () => ({
      messages: [{ role: 'user', content: { type: 'text', text: 'hello' } }],
    }));
    this.servers.push(server);
    await server.connect(far);
    return near;
  }
}

const hosts: Host[] = [];
function host(options?: Partial<ConnectionOptions>): Host {
  const made = new Host(options);
  hosts.push(made);
  return made;
}
afterEach(async () => {
  await Promise.all(hosts.splice(0).map(({ manager }) => manager.terminate()));
});

describe('over a server of the SDK', () => {
  test('connects, calls, and leaves', async () => {
    const { manager, servers } = host();
    const phases: string[] = [];
    manager.on('state', ({ to }) => phases.push(to.status === 'connecting' ? to.phase : to.status));
    const info = await manager.connect();
    expect(info).toMatchObject({ serverInfo: { name: 'memory', version: '0.1.0' } });
    expect(info.negotiatedFeatures).toEqual(
      expect.arrayContaining(['tools', 'resources', 'prompts', 'logging']),
    );
    expect(await manager.callTool({ name: 'echo' })).toMatchObject({ content: [{ text: 'echo' }] });
    expect((await manager.listTools()).tools).toMatchObject([{ name: 'echo' }]);
    expect((await manager.readResource({ uri: 'note://1' })).contents).toMatchObject([{ text: 'a note' }]);
    expect((await manager.listResourceTemplates()).resourceTemplates).toHaveLength(1);
    expect((await manager.getPrompt({ name: 'greet' })).messages).toHaveLength(1);
    expect((await manager.listPrompts()).prompts).toHaveLength(1);
    await manager.setLoggingLevel('error');
    await manager.ping();
    expect(await manager.checkHealth()).toEqual({ status: 'healthy' });
    await manager.disconnect();
    expect(phases).toEqual([
      'queued',
      'transportSetup',
      'handshakeStart',
      'capabilityNegotiation',
      'healthCheck',
      'connected',
      'closing',
      'disconnected',
    ]);
    expect(servers).toHaveLength(1);
    expect(servers[0]?.isConnected()).toBe(false);
    expect(manager.stats.calls).toMatchObject({ accepted: 8, succeeded: 8 });
  });

  test('comes back when the server goes; a call in flight is lost, and executed once', async () => {
    const made = host();
    const { manager, servers, executed } = made;
    await manager.connect();
    const { called, release } = made.hold();
    const outcome = errorOf(manager.callTool({ name: 'echo' }));
    await called;
    const back = manager.waitFor(
      (state: ConnectionState) => state.status === 'connecting' && state.retryCount === 1,
    );
    await servers[0]?.close();
    expect(await outcome).toMatchObject({ code: 'CONNECTION_LOST', server: 'memory', mayHaveExecuted: true });
    await back;
    await manager.connect();
    release();
    expect(await manager.callTool({ name: 'echo' })).toMatchObject({ content: [{ text: 'echo' }] });
    expect(executed).toEqual(['echo', 'echo']);
    expect(servers).toHaveLength(2);
    expect(manager.stats).toMatchObject({
      connects: 2,
      reconnections: 1,
      disconnects: { CONNECTION_CLOSED: 1 },
    });
  });

  test('passes notifications on, and the server’s own errors as they are', async () => {
    const { manager, servers } = host();
    const heard = new Promise((resolve) => {
      manager.on('notification', resolve);
    });
    await manager.connect();
    servers[0]?.sendToolListChanged();
    expect(await heard).toEqual({ method: 'notifications/tools/list_changed', params: undefined });
    expect(await errorOf(manager.readResource({ uri: 'nowhere://1' }))).toMatchObject({ name: 'McpError' });
    expect(await errorOf(manager.getPrompt({ name: 'unknown' }))).toMatchObject({ code: -32602 });
  });

  test('is ended by `await using`', async () => {
    let seen: ConnectionManager | null = null;
    {
      await using manager = host().manager;
      await manager.connect();
      seen = manager;
    }
    expect(seen.state).toEqual({ status: 'terminated' });
  });
});
