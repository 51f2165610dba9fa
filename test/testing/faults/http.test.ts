/** Faults between a client of either line of the SDK and a server over HTTP. */
import {
  Client as NewClient,
  StreamableHTTPClientTransport as NewHttpTransport,
} from '@modelcontextprotocol/client';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { expect, onTestFinished, test } from 'vitest';
import { FaultyTransport, type TransportFault } from '../../../src/testing/index.js';
import { newFile } from '../faultyServer/folder.js';
import { HttpServerProcess } from '../faultyServer/serverProcess.js';

const plan: TransportFault[] = [
  { on: 'received', method: 'tools/call', at: 1, do: 'drop' },
  { on: 'sent', method: 'tools/call', at: 3, do: 'fail' },
];
const identity = { name: 'testing', version: '1.0.0' };
const echo = { name: 'echo', arguments: { text: 'hi' } };

const connectors = {
  '1.x': async (url: URL) => {
    const transport = new FaultyTransport(new StreamableHTTPClientTransport(url), { plan });
    const client = new Client(identity);
    await client.connect(transport);
    return { client, transport };
  },
  '2.x': async (url: URL) => {
    const transport = new FaultyTransport(new NewHttpTransport(url), { plan });
    const client = new NewClient(identity);
    await client.connect(transport);
    return { client, transport };
  },
};

test.each(['1.x', '2.x'] as const)('a client of the SDK %s over HTTP', async (line) => {
  const record = newFile();
  const server = await HttpServerProcess.start('--record', record.path);
  const { client, transport } = await connectors[line](new URL(server.url));
  onTestFinished(() => client.close());
  const dropped = client.callTool(echo).catch(() => 'rejected');
  expect(await client.callTool(echo)).toMatchObject({ content: [{ text: 'hi' }] });
  await expect(client.callTool(echo)).rejects.toMatchObject({ code: 'TRANSPORT_FAULT' });
  // What the SDK tells its transport reaches the one inside.
  const calls = record.lines().flatMap((text) => {
    const { key, headers } = JSON.parse(text);
    return key === 'tools/call' ? [headers] : [];
  });
  expect(calls.map((headers) => [headers['mcp-session-id'], headers['mcp-protocol-version']])).toEqual([
    [transport.sessionId, '2025-11-25'],
    [transport.sessionId, '2025-11-25'],
  ]);
  await client.close();
  expect(await dropped).toBe('rejected');
});
