/** A small server to try the command with: `lifeline call demo echo text=hi`. */
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
import { z } from 'zod';
import { PACKAGE } from '../package.js';

const server = new McpServer({ name: 'demo', version: PACKAGE.version });
const text = (content: string) => ({ content: [{ type: 'text' as const, text: content }] });
const harmless = { readOnlyHint: true, idempotentHint: true };

server.registerTool(
  'echo',
  { description: 'Says what it is told.', inputSchema: { text: z.string() }, annotations: harmless },
  ({ text: said }) => text(said),
);

server.registerTool(
  'add',
  {
    description: 'Adds two numbers.',
    inputSchema: { a: z.number(), b: z.number() },
    outputSchema: { sum: z.number() },
    annotations: harmless,
  },
  ({ a, b }) => ({ ...text(String(a + b)), structuredContent: { sum: a + b } }),
);

server.registerTool(
  'slow',
  {
    description: 'Takes its time, and says how far it is.',
    inputSchema: { seconds: z.number().min(0).max(600).default(3) },
    annotations: harmless,
  },
  async ({ seconds }, { signal, _meta, sendNotification }) => {
    const steps = Math.max(1, Math.ceil(seconds * 4));
    for (let step = 1; step <= steps; step += 1) {
      await pause((seconds * 1000) / steps, signal);
      if (_meta?.progressToken === undefined) continue;
      const params = { progressToken: _meta.progressToken, progress: step, total: steps };
      await sendNotification({ method: 'notifications/progress', params });
    }
    return text(`took ${seconds} s`);
  },
);

server.registerTool('fail', { description: 'Answers with an error.', annotations: harmless }, () => ({
  ...text('this tool always fails'),
  isError: true,
}));

server.registerResource(
  'greeting',
  'demo://greeting',
  { description: 'A text to read.', mimeType: 'text/plain' },
  ({ href }) => ({ contents: [{ uri: href, mimeType: 'text/plain', text: 'Hello from the demo server.' }] }),
);

server.registerPrompt(
  'greet',
  { description: 'Asks a model to greet somebody.', argsSchema: { name: z.string() } },
  ({ name }) => ({ messages: [{ role: 'user', content: { type: 'text', text: `Greet ${name}.` } }] }),
);

await server.connect(new StdioServerTransport());

/** Ends early, by rejecting, when the call is cancelled. */
function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}
