import { readdirSync } from 'node:fs';
import { type Clock, systemClock } from '../clock.js';
import type { Child } from './children.js';
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
 * Ends what a crashed daemon left behind: process groups whose leader is the recorded process, and groups without
 * a leader in which the recorded mark is found. A stranger that has the id by now is left alone, and so are those of
 * whom the system does not tell when they started.
 */
export async function reap(children: readonly Child[], options: ReapOptions = {}): Promise<Reaped> {
  const { grace = 2000, clock = systemClock } = options;
  const ours = children.filter(isOurs).map(({ pid }) => pid);
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

function isOurs(child: Child): boolean {
  if (presenceOf(child) === 'alive') return true;
  return child.mark !== undefined && hasMarked(child.pid, child.mark);
}

/** Whether the mark is in the environment of a member. Linux only: elsewhere none can be read. */
function hasMarked(group: number, mark: string): boolean {
  return processes().some(
    (one) => one.group === group && readProc(`${one.pid}/environ`)?.split('\0').includes(mark),
  );
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

/** Linux: every process that is not dead, with the id of its group. */
function processes(): { pid: string; group: number }[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc').flatMap((pid) => {
    const stat = /^\d+$/.test(pid) ? readProc(`${pid}/stat`) : null;
    const [state, , group] = stat?.slice(stat.lastIndexOf(')') + 2).split(' ') ?? [];
    return group === undefined || state === 'Z' || state === 'X' ? [] : [{ pid, group: Number(group) }];
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
