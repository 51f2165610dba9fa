import { readdirSync, readlinkSync } from 'node:fs';
import { dial } from '../../../src/ipc/dial.js';
import type { Peer } from '../../../src/ipc/peer.js';
import type { Report } from '../report.js';
import { Household, pause } from './household.js';
import { memoryOf } from './processTable.js';

/** Many clients that come within a second, and then all of them in one moment; each has a call of its own. */
export async function crowd({ clients }: { clients: number }, report: Report): Promise<void> {
  report.title(`crowd: ${clients} clients`);
  const household = new Household(new Map([['server', 'plain']]));
  const daemon = await household.up();
  const patron = await client(household);
  await call(patron, 'warm');
  const before = { handles: handlesOf(daemon), memory: memoryOf(daemon) };
  for (const [title, within] of [
    ['within a second', 1_000],
    ['at one moment', 0],
  ] as const) {
    const began = performance.now();
    const came = await Promise.all(
      Array.from({ length: clients }, async (_, index) => {
        await pause((index * within) / clients);
        return visit(household, `${title}-${index}`);
      }),
    );
    const took = performance.now() - began;
    const times = came.map(({ time }) => time).sort((one, other) => one - other);
    const failures = came.flatMap(({ failure }) => failure ?? []);
    report.expect(failures.length === 0, `clients ${title}: served`, `${clients - failures.length}`);
    for (const failure of failures.slice(0, 3)) report.figure('  not served', failure);
    report.figure('  until all were (ms)', Math.round(took));
    report.figure(
      '  one of them, from its first word (ms)',
      `${show(times[times.length >> 1])}, slowest ${show(times.at(-1))}`,
    );
    report.expect(
      (await clientsOf(patron)) === clients + 1,
      '  there at the same time',
      (await clientsOf(patron)) - 1,
    );
    for (const { peer } of came) peer?.close();
    await household.comesTo(() => isSame(handlesOf(daemon), before.handles), 10_000);
    const differences = differencesOf(before.handles, handlesOf(daemon));
    report.expect(
      differences.length === 0,
      '  handles of the daemon more or less than before',
      differences.join(', ') || 0,
    );
    report.expect((await clientsOf(patron)) === 1, '  clients left', (await clientsOf(patron)) - 1);
  }
  const keys = [...household.executions().values()];
  const isOnce = keys.length === 2 * clients + 1 && keys.every((times) => times === 1);
  report.expect(isOnce, 'calls executed exactly once', keys.filter((times) => times === 1).length);
  const after = memoryOf(daemon);
  report.figure(
    'memory of the daemon (MiB)',
    `${before.memory.now}, after ${after.now}, at most ${after.most}`,
  );
  patron.close();
  const left = await household.end();
  report.expect(left.length === 0, 'processes left', left.join('; ') || 0);
}

interface Visit {
  time: number;
  peer: Peer | null;
  failure: string | null;
}

async function visit(household: Household, key: string): Promise<Visit> {
  const began = performance.now();
  let peer: Peer | null = null;
  try {
    peer = await client(household);
    await call(peer, key);
    return { time: performance.now() - began, peer, failure: null };
  } catch (error) {
    return { time: performance.now() - began, peer, failure: String(error) };
  }
}

async function client({ setting }: Household): Promise<Peer> {
  const { places, version, fingerprint } = setting;
  return (await dial({ places, version, fingerprint })).peer;
}

async function call(peer: Peer, key: string): Promise<void> {
  await peer.request('tools.call', { server: 'server', tool: 'work', arguments: { key } });
}

async function clientsOf(peer: Peer): Promise<number> {
  const status = await peer.request('daemon.status');
  return typeof status === 'object' && status !== null ? Number(Reflect.get(status, 'clients')) : Number.NaN;
}

type Handles = ReadonlyMap<string, number>;

/** What the open descriptors of the process lead to, without the numbers that tell one socket from another. */
function handlesOf(pid: number): Handles {
  const handles = new Map<string, number>();
  for (const descriptor of readdirSync(`/proc/${pid}/fd`)) {
    const kind = targetOf(`/proc/${pid}/fd/${descriptor}`);
    if (kind !== null) handles.set(kind, (handles.get(kind) ?? 0) + 1);
  }
  return handles;
}

function targetOf(descriptor: string): string | null {
  try {
    return readlinkSync(descriptor).replace(/:\[\d+\]$/, '');
  } catch {
    // Closed meanwhile.
    return null;
  }
}

function differencesOf(before: Handles, now: Handles): string[] {
  return [...new Set([...before.keys(), ...now.keys()])].flatMap((kind) => {
    const [was, is] = [before.get(kind) ?? 0, now.get(kind) ?? 0];
    return was === is ? [] : [`${kind}: ${is}, and it was ${was}`];
  });
}

const isSame = (one: Handles, other: Handles) => differencesOf(one, other).length === 0;
const show = (time: number | undefined) => (time ?? 0).toFixed(0);
