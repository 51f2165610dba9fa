import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';

// A server as most are: on stdio, made with the SDK. Loading that is most of its start.
const server = new McpServer({ name: 'sdk', version: '1.0.0' });
server.registerTool('pid', {}, () => ({ content: [{ type: 'text', text: String(process.pid) }] }));
await server.connect(new StdioServerTransport());
