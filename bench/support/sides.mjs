import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { ConnectionManager } from 'mcp-lifeline';
import { echoInMemory } from './servers.mjs';

/**
 * The two sides of a comparison: our manager and the SDK's own client with its own transport. `stdio` and
 * `memory` resolve when connected, with something that has `callTool`.
 */
export const sides = {
  managed: {
    construct: (options) => new ConnectionManager({ name: 'echo', server: echoInMemory, ...options }),
    stdio: (server, options) => connectManaged(sides.managed.construct({ server, ...options })),
    memory: (options) => connectManaged(sides.managed.construct(options)),
    end: (manager) => manager.terminate(),
  },
  bare: {
    construct: () => new Client({ name: 'bench', version: '1.0.0' }, { capabilities: {} }),
    stdio: (server) => connectBare(sides.bare.construct(), new StdioClientTransport(server)),
    memory: () => connectBare(sides.bare.construct(), echoInMemory()),
    end: (client) => client.close(),
  },
};

async function connectManaged(manager) {
  await manager.connect();
  return manager;
}

async function connectBare(client, transport) {
  await client.connect(transport);
  return client;
}
