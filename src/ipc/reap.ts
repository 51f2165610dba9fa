import { readdirSync, statSync } from 'node:fs';
import { type Clock, systemClock } from '../clock.js';
import type { Recorded } from './children.js';
import { presenceOf, readProc } from './processIdentity.js';

export interface ReapOptions {
  /** Milliseconds that a group has to end after SIGTERM, before SIGKILL. Default 2000 */
  grace?: number;
  clock?: Clock;
}

/** What became of the recorded processes, by the ids of their groups. */
export interface Reaped {
  /** Were there, and are gone now. */
  readonly ended: readonly number[];
  /** Were asked to end and killed, and are there all the same: stuck in the kernel, or not to be signalled. */
  readonly left: readonly number[];
}

/** No event tells when a group is empty that is not one's own. */
const LOOK_EVERY = 20;
/** How long SIGKILL may take. */
const KILL_LIMIT = 2000;

/**
 * Ends what a crashed daemon left behind: process groups whose leader is a recorded process; groups without a leader
 * in which the mark is found; and, where the daemon died while it started one, whoever has the mark and is in the first
 * group of its session, as everything is that a daemon starts. A stranger that has an id by now is left alone, and so
 * are those of whom the system does not tell when they started.
 */
export async function reap(recorded: Recorded, options: ReapOptions = {}): Promise<Reaped> {
  const { grace = 2000, clock = systemClock } = options;
  const ours = groupsOf(recorded);
  for (const group of ours) {
    signal(group, 'SIGTERM');
    // A stopped process hears nothing before it is woken.
    signal(group, 'SIGCONT');
  }
  const stubborn = await waitFor(ours, grace, clock);
  for (const group of stubborn) signal(group, 'SIGKILL');
  const left = await waitFor(stubborn, KILL_LIMIT, clock);
  return { ended: ours.filter((group) => !left.includes(group)), left };
}

/** The groups of which somebody is still there in the end. Once known as ours, one is so until it is empty. */
async function waitFor(groups: readonly number[], limit: number, clock: Clock): Promise<readonly number[]> {
  const end = clock.now() + limit;
  for (let left = whichLive(groups); ; left = whichLive(left)) {
    if (left.length === 0 || clock.now() >= end) return left;
    await new Promise<void>((resolve) => {
      clock.setTimeout(resolve, LOOK_EVERY);
    });
  }
}

function groupsOf({ mark, isStarting, children }: Recorded): readonly number[] {
  const alive = new Set(children.filter((child) => presenceOf(child) === 'alive').map(({ pid }) => pid));
  const others = new Set(children.map(({ pid }) => pid).filter((pid) => !alive.has(pid)));
  if (mark === null || (others.size === 0 && !isStarting)) return [...alive];
  const all = processes();
  const own = all.find(({ pid }) => pid === String(process.pid))?.group;
  for (const { pid, group, session } of all) {
    const isExpected = others.has(group) || (isStarting && group === session);
    // As a group, 1 means every process there is.
    const canBe = group > 1 && group !== own && !alive.has(group);
    if (isExpected && canBe && hasMark(pid, mark)) alive.add(group);
  }
  return [...alive];
}

/** Whether it is the user's, and has the mark in its environment, of which the system limits the size. */
function hasMark(pid: string, mark: string): boolean {
  const user = process.geteuid?.();
  const owner = statSync(`/proc/${pid}`, { throwIfNoEntry: false })?.uid;
  return owner === user && readProc(`${pid}/environ`)?.split('\0').includes(mark) === true;
}

function whichLive(groups: readonly number[]): number[] {
  if (groups.length === 0) return [];
  // Here `kill` would also find the dead that nobody waits for, which can stay for ever.
  if (process.platform === 'linux') {
    const living = new Set(processes().map(({ group }) => group));
    return groups.filter((group) => living.has(group));
  }
  return groups.filter((group) => signal(group, 0));
}

interface Running {
  readonly pid: string;
  readonly group: number;
  readonly session: number;
}

/** Every process that is not dead. Linux only: elsewhere neither they nor their environment can be seen. */
function processes(): Running[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc').flatMap((pid) => {
    const stat = /^\d+$/.test(pid) ? readProc(`${pid}/stat`) : null;
    const [state, , group, session] = stat?.slice(stat.lastIndexOf(')') + 2).split(' ') ?? [];
    if (session === undefined || state === 'Z' || state === 'X') return [];
    return [{ pid, group: Number(group), session: Number(session) }];
  });
}

/** To the group; on Windows, which has none, to the process. False when nobody is there who could hear it. */
function signal(group: number, name: NodeJS.Signals | 0): boolean {
  try {
    process.kill(process.platform === 'win32' ? group : -group, name);
    return true;
  } catch {
    return false;
  }
}
