// The client under test: `node client.mjs <server url>`. It does what a guest of a server does: it comes,
// looks, uses every tool once and goes. Its exit code says whether all of that went well.
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';

const client = new Client(
  { name: 'mcp-lifeline-conformance', version: '1.0.0' },
  { capabilities: { elicitation: { form: { applyDefaults: true } } } },
);
client.setRequestHandler(ElicitRequestSchema, () => ({ action: 'accept', content: {} }));
await client.connect(new StreamableHTTPClientTransport(new URL(process.argv[2])));
const { tools } = await client.listTools();
for (const { name, inputSchema } of tools) {
  await client.callTool({ name, arguments: argumentsFor(inputSchema) });
}
await client.close();

/** A number for every number. */
function argumentsFor({ properties = {} }) {
  const numbers = Object.entries(properties).filter(([, { type }]) => type === 'number');
  return Object.fromEntries(numbers.map(([name], index) => [name, index + 1]));
}
