import { fileURLToPath } from 'node:url';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { afterEach, expect, test } from 'vitest';
import { exists, Peer, textOf } from './support.js';

const command = fileURLToPath(new URL('../../../node_modules/.bin/mcp-server-everything', import.meta.url));

const peers: Peer[] = [];

afterEach(async () => {
  await Promise.all(peers.splice(0).map((peer) => peer.end()));
});

async function connect(): Promise<{ client: Client; peer: Peer }> {
  const peer = new Peer({ command });
  peers.push(peer);
  const client = new Client({ name: 'test', version: '0' });
  await client.connect(peer.transport);
  return { client, peer };
}

test('a real server is listed, called and closed', async () => {
  const { client, peer } = await connect();
  const { tools } = await client.listTools();
  expect(tools.map((tool) => tool.name)).toContain('echo');
  const result = await client.callTool({ name: 'echo', arguments: { message: 'hello' } });
  expect(textOf(result)).toBe('Echo: hello');
  const { resources } = await client.listResources();
  expect(resources.length).toBeGreaterThan(0);
  await client.close();
  expect(exists(peer.pid)).toBe(false);
  expect(peer.losses).toEqual([]);
  expect(peer.errors).toEqual([]);
});

test('sixteen calls at a time are answered each', async () => {
  const { client } = await connect();
  const answers = await Promise.all(
    Array.from({ length: 16 }, (_, index) =>
      client.callTool({ name: 'echo', arguments: { message: String(index) } }),
    ),
  );
  expect(answers.map(textOf)).toEqual(Array.from({ length: 16 }, (_, index) => `Echo: ${index}`));
});

test('its death is told at once, with a call in flight', async () => {
  const { client, peer } = await connect();
  const call = client.callTool({
    name: 'trigger-long-running-operation',
    arguments: { duration: 60, steps: 2 },
  });
  process.kill(peer.pid, 'SIGKILL');
  await expect(call).rejects.toMatchObject({ code: -32000 });
  expect(await peer.lost).toMatchObject({ code: 'PROCESS_EXITED', details: { signal: 'SIGKILL' } });
});

test('two servers share nothing', async () => {
  const [one, other] = await Promise.all([connect(), connect()]);
  process.kill(one.peer.pid, 'SIGKILL');
  await one.peer.lost;
  const result = await other.client.callTool({ name: 'echo', arguments: { message: 'still here' } });
  expect(textOf(result)).toBe('Echo: still here');
});
