/**
 * The least that a server can do, so that the client is what is measured: it shakes hands, answers
 * pings, and has a tool that says what it was told and one that tells its process id, and a list of both.
 *
 * @param {{ id?: string | number, method?: string, params?: any }} message
 * @returns the answer; null when there is none to give
 */
export function answer({ id, method, params }) {
  if (id === undefined) return null;
  switch (method) {
    case 'initialize':
      return result(id, {
        protocolVersion: params.protocolVersion,
        capabilities: { tools: {} },
        serverInfo: { name: 'echo', version: '1.0.0' },
      });
    case 'ping':
      return result(id, {});
    case 'tools/list':
      return result(id, {
        tools: ['echo', 'pid'].map((name) => ({ name, inputSchema: { type: 'object' } })),
      });
    case 'tools/call':
      return result(id, {
        content: [
          { type: 'text', text: params.name === 'pid' ? String(process.pid) : params.arguments.text },
        ],
      });
    default:
      return { jsonrpc: '2.0', id, error: { code: -32601, message: 'no such method' } };
  }
}

function result(id, value) {
  return { jsonrpc: '2.0', id, result: value };
}
