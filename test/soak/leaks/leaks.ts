import { getEventListeners } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { ConnectionManager, type ServerDefinition } from '../../../src/index.js';
import type { Options } from '../commandLine.js';
import type { Report } from '../report.js';
import { Baseline } from '../support/baseline.js';
import { COUNTING_SERVER } from '../support/countingServer.js';
import type { Instruments } from '../support/instruments.js';
import { growthOf, heapInUse, samplesFor } from './heap.js';

export async function soakLeaks(options: Options, report: Report, instruments: Instruments): Promise<void> {
  if (options.cycles > 0) {
    report.title(`${options.cycles} connections in memory`);
    await cycle(options.cycles, inMemoryServer, report, instruments);
  }
  if (options.stdioCycles > 0) {
    report.title(`${options.stdioCycles} connections over stdio`);
    const folder = mkdtempSync(join(tmpdir(), 'lifeline-leaks-'));
    const args = [COUNTING_SERVER, join(folder, 'ledger')];
    process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
    await cycle(options.stdioCycles, { command: process.execPath, args }, report, instruments);
  }
}

/**
 * Connects, calls and closes so often: with a new manager each time, and in every other cycle with one and
 * the same, which must not keep anything of its sessions either. Every kind of call has its turn.
 */
async function cycle(
  cycles: number,
  server: ServerDefinition,
  report: Report,
  instruments: Instruments,
): Promise<void> {
  const { children, incidents, timers } = instruments;
  const warmUp = Math.ceil(cycles / 3);
  let calls = 0;
  const lasting = connection(server);
  // One for all: who reuses a signal must not collect listeners on it.
  const { signal } = new AbortController();
  const one = async (number: number) => {
    const manager = number % 2 === 0 ? lasting : connection(server);
    await manager.connect({ signal });
    const call = { name: 'work', arguments: { key: String(number) } };
    if (number % 4 < 2) await manager.callTool(call, { signal });
    else await manager.run((client) => client.callTool(call), { signal });
    calls += 1;
    if (manager === lasting) await manager.disconnect();
    else await manager.terminate();
  };
  const baseline = await Baseline.around(async () => {
    for (let number = 0; number < warmUp; number += 1) await one(number);
  }, timers);
  calls = 0;
  const samples: number[] = [];
  for (let number = 0; number < cycles; number += 1) {
    await one(number);
    if (Math.floor(((number + 1) * samplesFor(cycles)) / cycles) > samples.length)
      samples.push(await heapInUse());
  }
  await lasting.terminate();
  const differences = await baseline.restored();
  const { middle, end, perCycle, isGrowing } = growthOf(samples, cycles);
  report.expect(calls === cycles, 'cycles, each with a call that succeeded', calls);
  report.expect(differences.length === 0, 'descriptors, timers, listeners left', differences.join('; ') || 0);
  const listening = getEventListeners(signal, 'abort').length;
  report.expect(listening === 0, 'listeners left on the signal of the caller', listening);
  report.expect(children.left.length === 0, 'processes and groups left', children.left.join(', ') || 0);
  report.figure('heap in the middle, and at the end (KiB)', `${kibi(middle)}, ${kibi(end)}`);
  report.expect(!isGrowing, 'growth of the heap (bytes per cycle)', perCycle.toFixed(1));
  report.expect(
    incidents.seen.length === 0,
    'exceptions, rejections, warnings',
    incidents.seen.join('\n') || 0,
  );
}

function connection(server: ServerDefinition): ConnectionManager {
  return new ConnectionManager({ name: 'cycled', server });
}

/** A server of the SDK in this process, one for each session. */
async function inMemoryServer(): Promise<InMemoryTransport> {
  const [near, far] = InMemoryTransport.createLinkedPair();
  const server = new McpServer({ name: 'memory', version: '1.0.0' });
  server.registerTool('work', {}, () => ({ content: [{ type: 'text', text: 'done' }] }));
  await server.connect(far);
  return near;
}

const kibi = (bytes: number) => (bytes / 1024).toFixed(0);
