import { Client as NewClient, InMemoryTransport as NewInMemoryTransport } from '@modelcontextprotocol/client';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { onTestFinished } from 'vitest';
import { z } from 'zod';
import {
  FaultyTransport,
  type FaultyTransportOptions,
  settle,
  type TransportShape,
} from '../../../src/testing/index.js';

/** What the tests need of a client of either line. */
interface AnyClient {
  onclose?: (() => void) | undefined;
  onerror?: ((error: Error) => void) | undefined;
  callTool(params: { name: string; arguments: { text: string } }): Promise<unknown>;
  ping(): Promise<unknown>;
  close(): Promise<void>;
}

export type Line = '1.x' | '2.x';
export const LINES: readonly Line[] = ['1.x', '2.x'];

/** A real client over a faulty transport in memory, and a real server that knows what it executed. */
export interface Pair {
  client: AnyClient;
  transport: FaultyTransport;
  /** The texts of the calls that the server executed, in order. */
  executed: string[];
  /** What the client was told of. */
  errors: string[];
  /** Whether it was told of the end. Of the pair in memory of 1.x it hears twice. */
  isClosed: () => boolean;
}

/** The handshake sends two messages and receives one: the first call is the third message that is sent. */
export const HANDSHAKE = { sent: 2, received: 1 };

export async function pair(options: FaultyTransportOptions, line: Line = '1.x'): Promise<Pair> {
  const executed: string[] = [];
  const server = new McpServer({ name: 'echoing', version: '1.0.0' });
  server.registerTool('echo', { inputSchema: { text: z.string() } }, ({ text }) => {
    executed.push(text);
    return { content: [{ type: 'text', text }] };
  });
  const [ours, theirs]: TransportShape[] =
    line === '1.x' ? InMemoryTransport.createLinkedPair() : NewInMemoryTransport.createLinkedPair();
  if (ours === undefined || theirs === undefined) throw new Error('a pair is two');
  const transport = new FaultyTransport(ours, options);
  // A faulty transport without a fault is the type that either line's server takes.
  await server.connect(new FaultyTransport(theirs));
  const client = line === '1.x' ? newest1() : newest2();
  const errors: string[] = [];
  let isClosed = false;
  client.onerror = (error) => errors.push(error.message);
  client.onclose = () => {
    isClosed = true;
  };
  onTestFinished(() => client.close());
  await client.connect(transport);
  return { client, transport, executed, errors, isClosed: () => isClosed };
}

const newest1 = (): AnyClient & { connect(transport: FaultyTransport): Promise<void> } =>
  new Client({ name: 'testing', version: '1.0.0' });
const newest2 = (): AnyClient & { connect(transport: FaultyTransport): Promise<void> } =>
  new NewClient({ name: 'testing', version: '1.0.0' });

/** A call, and what became of it so far. */
export class Call {
  readonly text: string;
  seen: 'pending' | 'answered' | 'rejected' = 'pending';
  /** What it was answered, or why it was rejected. */
  said = '';

  constructor({ client }: Pair, text: string) {
    this.text = text;
    client.callTool({ name: 'echo', arguments: { text } }).then(
      (result) => {
        this.seen = 'answered';
        this.said = JSON.stringify(result);
      },
      (error: unknown) => {
        this.seen = 'rejected';
        this.said = String(error);
      },
    );
  }
}

/** Makes the calls, and gives them all the time they can need without a clock. */
export async function call(pair: Pair, ...texts: string[]): Promise<Call[]> {
  const calls = texts.map((text) => new Call(pair, text));
  await idle();
  return calls;
}

export async function idle(): Promise<void> {
  // The other line's client hands out tasks, too.
  for (let turn = 0; turn < 5; turn += 1) {
    await settle();
    await new Promise(setImmediate);
  }
}
