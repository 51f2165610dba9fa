// createMCPClient of @ai-sdk/mcp. A client is its connection: to connect is to make one, and to connect again is to close
// the old one and make another. It promises no recovery, and tells no state.
// biome-ignore lint/correctness/noUndeclaredDependencies: brought when it is run
import { createMCPClient } from '@ai-sdk/mcp';
// biome-ignore lint/correctness/noUndeclaredDependencies: brought when it is run
import { StdioMCPTransport } from '@ai-sdk/mcp/mcp-stdio';

export const name = '@ai-sdk/mcp, createMCPClient()';

export const claims = { reopens: true };

export function createSubject({ server, patience }) {
  const limit = { timeout: Math.round(patience / 3) };
  let client;
  let making;
  const close = async () => {
    const old = client;
    client = undefined;
    making?.abort();
    await old?.close();
  };
  return {
    connect: async () => {
      await close();
      making = new AbortController();
      client = await createMCPClient({
        transport:
          'url' in server
            ? { type: 'http', url: server.url }
            : new StdioMCPTransport({ command: server.command, args: [...server.args], stderr: 'ignore' }),
        initializationOptions: { ...limit, signal: making.signal },
      });
    },
    close,
    call: async (name, args) => {
      if (client === undefined) throw new Error('there is no client');
      return client.callTool({ name, arguments: args, options: limit });
    },
  };
}
