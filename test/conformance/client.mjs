// The client under test: `node client.mjs <server url>`. It does what a guest of a server does: it comes,
// looks, uses every tool once and goes. Its exit code says whether all of that went well.
import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { ConnectionManager, isLifelineError } from '../../dist/src/index.js';
import { UserlessOAuth } from './userlessOAuth.mjs';

/** A user who is sent to the authorization server again and again gives up. */
const mostAuthorizations = 3;

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
  const { tools } = await connected(() => manager.listTools());
  for (const { name, inputSchema } of tools) {
    await connected(() => manager.callTool({ name, arguments: argumentsFor(inputSchema) }));
  }
} finally {
  await manager.terminate();
}

/** Does `work` on the connection. Whenever the server asks for an authorization, it is fetched first. */
async function connected(work) {
  for (let round = 0; ; round += 1) {
    try {
      await manager.connect();
      return await work();
    } catch (error) {
      const isAsked = isLifelineError(error) && error.code === 'AUTHORIZATION_REQUIRED';
      if (!isAsked || round === mostAuthorizations) throw error;
      await manager.authorize(await oauth.code());
    }
  }
}

/** A number for every number. */
function argumentsFor({ properties = {} }) {
  const numbers = Object.entries(properties).filter(([, { type }]) => type === 'number');
  return Object.fromEntries(numbers.map(([name], index) => [name, index + 1]));
}
