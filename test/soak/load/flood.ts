import type { Report } from '../report.js';
import { Household } from './household.js';
import { memoryOf } from './processTable.js';
import { RawClient } from './rawClient.js';

const CLIENTS = 10;
/** Milliseconds that a call may take: more than the whole flood. */
const PATIENCE = 10 * 60_000;

/** Many calls that are all in flight at one moment, on servers that nobody has connected to before. */
export async function flood(
  { calls, servers }: { calls: number; servers: number },
  report: Report,
): Promise<void> {
  report.title(`flood: ${calls} calls in flight over ${servers} servers`);
  const names = Array.from({ length: servers }, (_, index) => `server-${index}`);
  const household = new Household(new Map(names.map((name) => [name, 'plain'])));
  const daemon = await household.up();
  const before = memoryOf(daemon);
  const clients = await Promise.all(
    Array.from({ length: CLIENTS }, () => RawClient.connect(household.setting)),
  );
  const callAll = (tool: string, wave: string) =>
    Array.from({ length: calls }, (_, index) => {
      const params = { server: names[index % servers], tool, arguments: { key: `${wave}-${index}` } };
      return clients[index % CLIENTS]?.request('tools.call', { ...params, timeout: PATIENCE });
    });
  const executed = (wave: string) =>
    [...household.executions()].filter(([key]) => key.startsWith(`${wave}-`)).map(([, times]) => times);

  const held = callAll('hold', 'held');
  const haveArrived = await household.comesTo(() => executed('held').length === calls, PATIENCE);
  report.expect(haveArrived, 'calls that the servers have at one moment', executed('held').length);
  const watcher = await RawClient.connect(household.setting);
  report.expect(
    (await requestsOf(watcher)) === calls,
    '  of these in flight in the daemon',
    await requestsOf(watcher),
  );
  const during = memoryOf(daemon);
  await Promise.all(
    names.map((server) => watcher.request('tools.call', { server, tool: 'release', arguments: {} })),
  );
  await Promise.all(held);

  const began = performance.now();
  await Promise.all(callAll('work', 'work'));
  const took = performance.now() - began;
  report.figure('as many more, at once: calls a second', Math.round(calls / (took / 1000)));

  // What would come twice has come before the answer to this.
  await Promise.all(clients.map((client) => client.request('daemon.status')));
  judge(clients, 2 * calls + CLIENTS, report);
  const times = [...executed('held'), ...executed('work')];
  report.expect(
    times.length === 2 * calls && times.every((each) => each === 1),
    'executed exactly once, as the servers say',
    times.filter((each) => each === 1).length,
  );
  report.expect((await requestsOf(watcher)) === 0, 'still in flight', await requestsOf(watcher));
  report.figure('memory of the daemon: before (MiB)', before.now);
  report.figure('  with all in flight', during.now);
  report.figure('  at most', memoryOf(daemon).most);
  report.figure('  for each call in flight (KiB)', Math.round(((during.now - before.now) * 1024) / calls));
  await Promise.all([...clients, watcher].map((client) => client.close()));
  const left = await household.end();
  report.expect(left.length === 0, 'processes left', left.join('; ') || 0);
}

function judge(clients: readonly RawClient[], expected: number, report: Report): void {
  const times = clients.flatMap(({ answers }) => [...answers.values()]);
  const once = times.filter((each) => each === 1).length;
  report.expect(once === expected, 'requests answered exactly once', `${once} of ${expected}`);
  report.expect(times.length === once, 'ids answered more often', times.length - once);
  const failures = clients.flatMap((client) => client.failures);
  report.expect(
    failures.length === 0,
    'answers that are errors',
    [failures.length, ...failures.slice(0, 3)].join(' '),
  );
}

async function requestsOf(client: RawClient): Promise<number> {
  const status = await client.request('daemon.status');
  const found = typeof status === 'object' && status !== null ? Reflect.get(status, 'requests') : null;
  // The one that asks is not counted yet.
  return Number(found);
}
