/** Faults between a real client and a real process, as whoever tests a manager of their own has them. */
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { expect, onTestFinished, test } from 'vitest';
import { ConnectionManager } from '../../../src/index.js';
import { FaultyTransport, type TransportFault } from '../../../src/testing/index.js';
import { faultyServer } from '../../support/faultyServer.js';

const inner = (...flags: string[]) =>
  new StdioClientTransport({ command: process.execPath, args: [faultyServer, ...flags] });
const echo = (text: string) => ({ name: 'echo', arguments: { text } });

async function connected(...plan: TransportFault[]): Promise<{ client: Client; transport: FaultyTransport }> {
  const transport = new FaultyTransport(inner(), { plan });
  const client = new Client({ name: 'testing', version: '1.0.0' });
  onTestFinished(() => client.close());
  await client.connect(transport);
  return { client, transport };
}

test('a dropped call is never received by the process', async () => {
  const { client } = await connected({ on: 'sent', method: 'tools/call', at: 1, do: 'drop' });
  const dropped = client.callTool(echo('lost')).catch(() => 'rejected');
  const { content } = await client.callTool({ name: 'received' });
  expect(JSON.stringify(content)).toContain('tools/call\\":1');
  await client.close();
  expect(await dropped).toBe('rejected');
});

test('text that nobody can read goes over the pipe, and the process lives', async () => {
  const { client } = await connected({ on: 'sent', method: 'tools/call', at: 1, do: 'garble' });
  const garbled = client.callTool(echo('garbled')).catch(() => 'rejected');
  expect(await client.callTool(echo('next'))).toMatchObject({ content: [{ text: 'next' }] });
  await client.close();
  expect(await garbled).toBe('rejected');
});

test('a manager comes back from a transport that closes at the n-th message', async () => {
  const transports: FaultyTransport[] = [];
  const manager = new ConnectionManager({
    name: 'faulty',
    server: () => {
      // Only the first one: whoever makes transports decides which of them have faults.
      const plan: TransportFault[] =
        transports.length === 0 ? [{ on: 'received', method: 'tools/call', at: 2, do: 'close' }] : [];
      const transport = new FaultyTransport(inner(), { plan });
      transports.push(transport);
      return transport;
    },
    retryPolicy: { backoffStrategy: { type: 'constant', delay: 1 }, minDelay: 0 },
  });
  onTestFinished(() => manager.terminate());
  await manager.connect();
  await manager.callTool(echo('one'));
  const lost = manager.callTool(echo('two'));
  await expect(lost).rejects.toMatchObject({ code: 'CONNECTION_LOST', mayHaveExecuted: true });
  expect(await manager.callTool(echo('three'))).toMatchObject({ content: [{ text: 'three' }] });
  expect(transports.map(({ happened }) => happened.length)).toEqual([1, 0]);
});

test('a manager leaves a transport that hangs', async () => {
  const transports: FaultyTransport[] = [];
  const manager = new ConnectionManager({
    name: 'faulty',
    server: () => {
      const plan: TransportFault[] =
        transports.length === 0 ? [{ on: 'sent', method: 'tools/call', at: 1, do: 'hang' }] : [];
      const transport = new FaultyTransport(inner(), { plan });
      transports.push(transport);
      return transport;
    },
    retryPolicy: { backoffStrategy: { type: 'constant', delay: 1 }, minDelay: 0 },
    healthCheck: { interval: 20, timeout: 200, failureThreshold: 2, confirmAfter: 10 },
  });
  onTestFinished(() => manager.terminate());
  await manager.connect();
  const hanging = manager.callTool(echo('one'));
  await expect(hanging).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
  await manager.waitFor('connected');
  expect(transports.length).toBeGreaterThan(1);
  expect(transports[0]?.happened.map(({ fault }) => fault.do)).toEqual(['hang']);
});
