import childProcess, { type ChildProcess } from 'node:child_process';
import { syncBuiltinESMExports } from 'node:module';

/**
 * Every process that this one starts, whoever starts it: the storm reaches servers where the package does
 * not expect it, and counts the dead without asking it.
 */
export class Children {
  /** Ids of all that were ever started. A child itself holds much, and is let go when it is dead. */
  readonly pids: number[] = [];
  /** Servers that were started while the one before them lived. */
  readonly twins: string[] = [];
  readonly #newest = new Map<string, ChildProcess>();
  readonly #waiting = new Map<string, ((child: ChildProcess) => void)[]>();

  /** Records from now on, for the rest of the process. */
  constructor() {
    const { spawn } = childProcess;
    Object.assign(childProcess, {
      spawn: (...args: Parameters<typeof spawn>) => {
        const child = spawn(...args);
        this.#started(child, args[1]);
        return child;
      },
    });
    syncBuiltinESMExports();
    process.on('exit', () => this.kill());
  }

  /** The process whose arguments name `mark`, if it lives. */
  living(mark: string): ChildProcess | undefined {
    const child = this.#newest.get(mark);
    return child !== undefined && isRunning(child) ? child : undefined;
  }

  /** As `living`, or the next one to be started. */
  async next(mark: string): Promise<ChildProcess> {
    const living = this.living(mark);
    if (living !== undefined) return living;
    return new Promise((resolve) => {
      this.#waiting.set(mark, [...(this.#waiting.get(mark) ?? []), resolve]);
    });
  }

  /** SIGKILL to all that live. */
  kill(): void {
    for (const child of this.#newest.values()) child.kill('SIGKILL');
  }

  /** Ids of processes, and of their groups, that are still there. */
  get left(): number[] {
    return this.pids.filter((pid) => exists(pid) || exists(-pid));
  }

  #started(child: ChildProcess, args: readonly string[]): void {
    if (child.pid !== undefined) this.pids.push(child.pid);
    // The ledger tells servers apart.
    const mark = args[1] ?? '';
    if (this.living(mark) !== undefined) this.twins.push(mark);
    this.#newest.set(mark, child);
    child.once('exit', () => {
      if (this.#newest.get(mark) === child) this.#newest.delete(mark);
    });
    const waiting = this.#waiting.get(mark) ?? [];
    this.#waiting.delete(mark);
    for (const resolve of waiting) resolve(child);
  }
}

function isRunning({ pid, exitCode, signalCode }: ChildProcess): boolean {
  return pid !== undefined && exitCode === null && signalCode === null;
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
