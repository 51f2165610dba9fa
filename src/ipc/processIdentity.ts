import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { hasCode } from './systemError.js';

/** A process that no later one is taken for, though it may have the same id. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When it started, in the system's own words; empty where the system does not tell. Only equality means something. */
  readonly start: string;
}

/** `unsure`: a process with this id is there, but when it started cannot be told. */
export type Presence = 'alive' | 'gone' | 'unsure';

/** What the system says of an id: when its process started; `unknown` if it does not tell. */
type Sighting = { kind: 'alive'; start: string } | { kind: 'gone' } | { kind: 'unknown' };

/** The process that has this id now; null when there is none, or only one that is dead and not waited for. */
export function identify(pid: number): ProcessIdentity | null {
  const sighting = see(pid);
  if (sighting.kind === 'gone') return null;
  return { pid, start: sighting.kind === 'alive' ? sighting.start : '' };
}

export function presenceOf({ pid, start }: ProcessIdentity): Presence {
  const sighting = see(pid);
  if (sighting.kind === 'gone') return 'gone';
  if (sighting.kind === 'unknown' || start === '') return 'unsure';
  return sighting.start === start ? 'alive' : 'gone';
}

/** Whether it can still be there. A stopped process is alive; when in doubt, so is any. */
export function isAlive(identity: ProcessIdentity): boolean {
  return presenceOf(identity) !== 'gone';
}

/** Whether `value`, read from a file, is an identity. */
export function isIdentity(value: unknown): value is ProcessIdentity {
  if (typeof value !== 'object' || value === null || !('pid' in value) || !('start' in value)) return false;
  // 0 and below are not processes, but mean many to `kill`.
  return Number.isSafeInteger(value.pid) && Number(value.pid) > 0 && typeof value.start === 'string';
}

function see(pid: number): Sighting {
  if (!exists(pid)) return { kind: 'gone' };
  if (process.platform === 'linux') return seeInProc(pid);
  return process.platform === 'win32' ? { kind: 'unknown' } : seeWithPs(pid);
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: another user's.
    return !hasCode(error, 'ESRCH');
  }
}

/** Linux: clock ticks since boot, and which boot: a file can outlive it. */
function seeInProc(pid: number): Sighting {
  const stat = readProc(`${pid}/stat`);
  if (stat === null) return exists(pid) ? { kind: 'unknown' } : { kind: 'gone' };
  // The name before it is in parentheses, and may hold any character, those included.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, start] = [fields[0], fields[19]];
  if (state === 'Z' || state === 'X') return { kind: 'gone' };
  const boot = readProc('sys/kernel/random/boot_id')?.trim() ?? '';
  return start === undefined ? { kind: 'unknown' } : { kind: 'alive', start: `${boot}:${start}` };
}

export function readProc(path: string): string | null {
  try {
    return readFileSync(`/proc/${path}`, 'latin1');
  } catch {
    // Gone meanwhile, hidden, or no /proc at all.
    return null;
  }
}

/** macOS and others: the date of the start, to the second. */
export function seeWithPs(pid: number): Sighting {
  const { stdout, error } = spawnSync('ps', ['-o', 'stat=', '-o', 'lstart=', '-p', String(pid)], {
    encoding: 'utf8',
    // The date is written in the language and the time zone of the environment.
    env: { PATH: process.env.PATH ?? '/bin:/usr/bin', LC_ALL: 'C', TZ: 'UTC' },
  });
  if (error !== undefined) return { kind: 'unknown' };
  const [state, ...date] = stdout.trim().split(/\s+/);
  if (state === undefined || state === '' || state.startsWith('Z')) return { kind: 'gone' };
  return { kind: 'alive', start: date.join(' ') };
}
