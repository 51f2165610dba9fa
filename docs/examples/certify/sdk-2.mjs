// The bare client of @modelcontextprotocol/client 2.x, used as its documentation says: one client, and a new transport
// for each connect. It promises no recovery, and tells no state.
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';

export const name = '@modelcontextprotocol/client 2.x, Client';

export const claims = { joins: true, reopens: true };

export function createSubject({ server, patience }) {
  const limit = { timeout: Math.round(patience / 3) };
  const client = new Client({ name: 'certified', version: '1.0.0' });
  let transport;
  return {
    connect: async () => {
      const next =
        'url' in server
          ? new StreamableHTTPClientTransport(new URL(server.url))
          : new StdioClientTransport({ command: server.command, args: [...server.args], stderr: 'ignore' });
      await client.connect(next, limit);
      transport = next;
    },
    close: async () => {
      // `close` does not tell the server of it; and one that is gone cannot be told.
      await transport?.terminateSession?.().catch(() => {});
      await client.close();
    },
    call: (tool, args) => client.callTool({ name: tool, arguments: args }, limit),
  };
}
