// MultiServerMCPClient of @langchain/mcp-adapters, with the restart and the reconnection that it has for a server. A tool is
// taken anew from getTools() for each call. It tells no state.
// biome-ignore lint/correctness/noUndeclaredDependencies: brought when it is run
import { MultiServerMCPClient } from '@langchain/mcp-adapters';

export const name = '@langchain/mcp-adapters, MultiServerMCPClient';

export const claims = { joins: true, reopens: true, recovers: true };

export function createSubject({ server, patience }) {
  const again = { enabled: true, maxAttempts: 20, delayMs: 100 };
  const client = new MultiServerMCPClient({
    mcpServers: {
      certified:
        'url' in server
          ? { transport: 'http', url: server.url, reconnect: again }
          : {
              transport: 'stdio',
              command: server.command,
              args: [...server.args],
              stderr: 'ignore',
              restart: again,
            },
    },
    defaultToolTimeout: Math.round(patience / 3),
  });
  return {
    connect: () => client.initializeConnections(),
    close: () => client.close(),
    call: async (name, args) => {
      const tool = (await client.getTools()).find((each) => each.name === name);
      if (tool === undefined) throw new Error(`there is no tool '${name}'`);
      return tool.invoke(args);
    },
  };
}
