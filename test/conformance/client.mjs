// The client under test: `node client.mjs <server url>`. It does what a guest of a server does: it comes,
// looks, uses every tool once and goes. Its exit code says whether all of that went well.
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { ConnectionManager, isLifelineError } from '../../dist/src/index.js';
import { UserlessOAuth } from './userlessOAuth.mjs';

/** More rounds than any honest server asks for; the transport has to give up on the others before. */
const mostAuthorizations = 10;

const { MCP_CONFORMANCE_CONTEXT: context } = process.env;
const oauth = new UserlessOAuth(context === undefined ? {} : JSON.parse(context));

const manager = new ConnectionManager({
  name: 'conformance',
  server: { url: process.argv[2] },
  clientInfo: { name: 'mcp-lifeline-conformance', version: '1.0.0' },
  capabilities: { elicitation: { form: { applyDefaults: true } } },
  configureClient(client) {
    client.setRequestHandler(ElicitRequestSchema, () => ({ action: 'accept', content: {} }));
  },
  authProvider: oauth,
});

try {
  await authorized(() => manager.connect());
  const { tools } = await authorized(() => manager.listTools());
  for (const { name, inputSchema } of tools) {
    await authorized(() => manager.callTool({ name, arguments: argumentsFor(inputSchema) }));
  }
} finally {
  await manager.terminate();
}

/** Does `work`, and whenever the server sends us to the authorization server, goes there first. */
async function authorized(work) {
  for (let round = 0; ; round += 1) {
    try {
      return await work();
    } catch (error) {
      const isAsked = isLifelineError(error) && error.code === 'AUTHORIZATION_REQUIRED';
      if (!isAsked || round === mostAuthorizations) throw error;
      await manager.authorize(await oauth.code());
      await manager.waitFor('connected');
    }
  }
}

/** A number for every number. */
function argumentsFor({ properties = {} }) {
  const numbers = Object.entries(properties).filter(([, { type }]) => type === 'number');
  return Object.fromEntries(numbers.map(([name], index) => [name, index + 1]));
}
