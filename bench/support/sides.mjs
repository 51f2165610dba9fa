import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { ConnectionManager } from 'mcp-lifeline';
import { echoInMemory, echoOnStdio } from './servers.mjs';

/**
 * The two sides of a comparison: our manager and the SDK's own client with its own transport. `stdio` and
 * `memory` resolve when connected to an echo server, with something that has `callTool`.
 */
export const sides = {
  managed: {
    construct: (options) => new ConnectionManager({ name: 'echo', server: echoInMemory, ...options }),
    stdio: (options) => connectManaged(sides.managed.construct({ server: echoOnStdio, ...options })),
    memory: (options) => connectManaged(sides.managed.construct(options)),
    end: (manager) => manager.terminate(),
  },
  bare: {
    construct: () => new Client({ name: 'bench', version: '1.0.0' }, { capabilities: {} }),
    stdio: () => connectBare(sides.bare.construct(), new StdioClientTransport(echoOnStdio)),
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
