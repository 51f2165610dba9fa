import { existsSync } from 'node:fs';
import { seededRandom } from '../../../src/testing/seededRandom.js';
import type { Report } from '../report.js';
import { Callers } from './callers.js';
import { Household, pause } from './household.js';
import { judgeKills } from './killVerdict.js';
import { describeProcess, type ProcessEntry } from './processTable.js';

const CALLERS = 12;
const SERVERS = new Map<string, 'plain' | 'stubborn'>([
  ['plain', 'plain'],
  ['stubborn', 'stubborn'],
  ['other', 'plain'],
]);
/** One kill of so many comes while the daemon is young: it starts, or its servers do. */
const YOUNG_EVERY = 3;
/** Before one kill of so many a server is stopped, which then hears of no end before it is woken. */
const FROZEN_EVERY = 10;
/** Milliseconds in which a daemon is young. */
const YOUTH = 800;
/** Calls that settle between two kills, at most. */
const CALLS_BETWEEN = 60;

/** SIGKILL to the daemon under calls, again and again. */
export async function kills(
  { kills: wanted, seed }: { kills: number; seed: number },
  report: Report,
): Promise<void> {
  report.title(`kills: ${wanted} daemons killed under ${CALLERS} callers`);
  const household = new Household(SERVERS);
  await household.up();
  const count = { sent: 0, done: 0 };
  const callers = new Callers(household.setting, [...SERVERS.keys()], count);
  callers.start(CALLERS);
  const found = await rage({ household, callers, count, wanted, random: seededRandom(seed) }, report);
  await callers.stop();
  report.expect(count.done === wanted, 'daemons killed', count.done);
  report.figure('calls in flight when one was killed, in all', found.inFlight);
  report.figure('processes of servers at these moments', found.servers);
  const times = found.times.toSorted((one, other) => one - other);
  report.expect(found.served === times.length, 'next commands served', `${found.served} of ${times.length}`);
  const [middle, slowest] = [times[times.length >> 1] ?? 0, times.at(-1) ?? 0];
  report.figure('  within (ms)', `${middle.toFixed(0)}, slowest ${slowest.toFixed(0)}`);
  report.expect(found.orphans === 0, 'orphans when the next command was served', found.orphans);
  judgeKills(callers.calls, household.executions(), report);
  const left = await household.end();
  report.expect(left.length === 0, 'processes left', left.join('; ') || 0);
}

interface Rage {
  household: Household;
  callers: Callers;
  count: { sent: number; done: number };
  wanted: number;
  random: () => number;
}

async function rage({ household, callers, count, wanted, random }: Rage, report: Report) {
  const found = { inFlight: 0, servers: 0, served: 0, orphans: 0, times: [] as number[] };
  while (count.done < wanted) {
    const isYoung = count.done % YOUNG_EVERY === YOUNG_EVERY - 1;
    if (isYoung) await pause(random() * YOUTH);
    else {
      const until = callers.settled + 1 + Math.floor(random() * CALLS_BETWEEN);
      await household.comesTo(() => callers.settled >= until);
    }
    if (!(await household.comesTo(() => household.owner !== null))) {
      report.fail(`after ${count.done} kills nobody starts a daemon`);
      return found;
    }
    const servers = household.servers();
    if (count.done % FROZEN_EVERY === FROZEN_EVERY - 1) signal(servers[0]?.pid, 'SIGSTOP');
    found.servers += servers.length;
    found.inFlight += callers.inFlight;
    const daemon = household.owner;
    count.sent += 1;
    signal(daemon, 'SIGKILL');
    // Dead is not enough: as long as threads of it are on their way out, its socket is open.
    await household.comesTo(() => !existsSync(`/proc/${daemon}`));
    count.done += 1;
    // The next one is to be young: nobody waits until it serves.
    const isLast = count.done === wanted;
    if (!isLast && count.done % YOUNG_EVERY === YOUNG_EVERY - 1) continue;
    const began = performance.now();
    const { code, stderr } = await household.lifeline('call', 'plain', 'work', `key=next-${count.done}`);
    found.times.push(performance.now() - began);
    if (code === 0) found.served += 1;
    else report.fail(`kill ${count.done}: the next command ended with ${code}: ${stderr.trim()}`);
    const orphans = orphansIn(household);
    found.orphans += orphans.length;
    if (orphans.length > 0) report.fail(`kill ${count.done}: ${orphans.join('; ')}`);
    if (count.done % 25 === 0) report.progress(`${count.done} kills, ${callers.settled} calls settled`);
  }
  return found;
}

/** Processes of servers that are not of the daemon that serves: whoever serves has ended what others left. */
function orphansIn(household: Household): string[] {
  const daemonOf = ({ environment }: ProcessEntry) =>
    environment.find((each) => each.startsWith('MCP_LIFELINE_DAEMON=')) ?? 'no daemon';
  const servers = household.servers();
  if (new Set(servers.map(daemonOf)).size <= 1) return [];
  return servers.map((server) => `${describeProcess(server)} of ${daemonOf(server)}`);
}

function signal(pid: number | null | undefined, name: NodeJS.Signals): void {
  if (pid == null) return;
  try {
    process.kill(pid, name);
  } catch {
    // Gone by itself meanwhile.
  }
}
