import { readdirSync, readFileSync } from 'node:fs';

/** What the system shows of a process; Linux only. */
export interface ProcessEntry {
  readonly pid: number;
  readonly args: readonly string[];
  readonly environment: readonly string[];
}

/** The processes that live, and may be looked at. One that is dead and not waited for has neither arguments nor environment. */
export function processTable(): ProcessEntry[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      return [{ pid: Number(name), args: words(name, 'cmdline'), environment: words(name, 'environ') }];
    } catch {
      // Gone meanwhile, or another user's.
      return [];
    }
  });
}

export function describeProcess({ pid, args }: ProcessEntry): string {
  return `${pid} (${args.filter((word) => word !== '').join(' ')})`;
}

/** What the process has in memory now, and had at most, in MiB. */
export function memoryOf(pid: number): { now: number; most: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  const read = (field: string) =>
    Math.round(Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) / 1024);
  return { now: read('VmRSS'), most: read('VmHWM') };
}

function words(pid: string, file: string): string[] {
  return readFileSync(`/proc/${pid}/${file}`, 'latin1').split('\0');
}
