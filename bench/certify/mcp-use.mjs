// The client of mcp-use: a session is made, asked and closed. It promises no recovery, and tells no state.
// biome-ignore lint/correctness/noUndeclaredDependencies: brought when it is run
import { MCPClient } from 'mcp-use/client';

export const name = 'mcp-use, MCPClient';

export const claims = { reopens: true };

export function createSubject({ server, patience }) {
  const client = new MCPClient({
    mcpServers: {
      certified: 'url' in server ? { url: server.url } : { command: server.command, args: [...server.args] },
    },
  });
  let session;
  return {
    connect: async () => {
      session = await client.createSession('certified');
    },
    close: () => client.closeAllSessions(),
    call: async (tool, args) => {
      if (session === undefined) throw new Error('there is no session');
      return session.callTool(tool, args, { timeout: Math.round(patience / 3) });
    },
  };
}
