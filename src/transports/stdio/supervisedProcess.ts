import { tellGroupWatchers } from './groupWatchers.js';
import { killAtHostExit } from './hostExit.js';
import { ProcessGroup } from './processGroup.js';
import type { ServerProcess } from './spawnServer.js';
import type { LadderTimes, StdioTransportOptions } from './stdio.types.js';
import { streamClosed } from './streamClosed.js';

/** How a process ended: one of the two is null. */
export interface ProcessExit {
  exitCode: number | null;
  signal: NodeJS.Signals | null;
}

type TimerClock = NonNullable<StdioTransportOptions['clock']>;

/** No event tells when the members of a group are gone, so we look. Milliseconds. */
const LOOK_AGAIN = 20;
/** Looks at a group that got SIGKILL. What is there after them cannot be ended by anybody. */
const LOOKS_AFTER_KILL = 25;

/**
 * A running server from its start to the end of its whole process group. Its death is seen at
 * `exit`: `close` waits for everybody who holds its pipes, and never comes while one lives.
 */
export class SupervisedProcess {
  readonly pid: number;
  /** Resolves when the exit of the leader was seen. */
  readonly exited: Promise<ProcessExit>;
  readonly #child: ServerProcess;
  readonly #group: ProcessGroup;
  readonly #ladder: LadderTimes;
  readonly #clock: TimerClock;
  readonly #forget: () => void;
  /** Resolves when nobody holds the other end of stdout and stderr any more. */
  readonly #outputEnded: Promise<unknown>;
  #hasExited = false;
  #ending: Promise<void> | null = null;

  constructor(child: ServerProcess, pid: number, ladder: LadderTimes, clock: TimerClock) {
    this.pid = pid;
    this.#child = child;
    this.#group = new ProcessGroup(pid);
    this.#ladder = ladder;
    this.#clock = clock;
    const forget = killAtHostExit(() => this.#group.kill());
    this.#forget = () => {
      forget();
      tellGroupWatchers('ended', pid);
    };
    tellGroupWatchers('began', pid);
    this.#outputEnded = Promise.all([streamClosed(child.stdout), streamClosed(child.stderr)]);
    this.exited = new Promise((resolve) => {
      child.once('exit', (exitCode, signal) => {
        this.#hasExited = true;
        // It died by itself: what it leaves behind serves nobody. While the ladder is under way,
        // that gives the others their time first.
        if (this.#ending === null) this.#group.kill();
        resolve({ exitCode, signal });
      });
    });
  }

  /**
   * The ladder of R7, for the leader and then for the rest of the group. Resolves when the exit was
   * seen and nothing is left that could be ended; it stays pending while the system cannot end the
   * process (uninterruptible sleep). Every call returns the same promise.
   */
  end(): Promise<void> {
    this.#ending ??= this.#end();
    return this.#ending;
  }

  async #end(): Promise<void> {
    const mayLinger = !this.#hasExited && (await this.#endLeader());
    // The rest of the group lost its leader; unless it had its SIGKILL, it may end in order.
    if (mayLinger && this.#group.isAlive()) {
      this.#group.terminate();
      await this.#emptiesWithin(this.#ladder.terminate);
      this.#group.kill();
    }
    await this.#diesOut();
    this.#forget();
  }

  /** False when it took SIGKILL, which the whole group got. */
  async #endLeader(): Promise<boolean> {
    this.#child.stdin.end();
    if (await this.#happensWithin(this.exited, this.#ladder.endInput)) return true;
    this.#group.terminate();
    if (await this.#happensWithin(this.exited, this.#ladder.terminate)) return true;
    this.#group.kill();
    await this.exited;
    return false;
  }

  /** Gives the group so long to become empty. */
  async #emptiesWithin(limit: number): Promise<void> {
    for (let passed = 0; passed < limit && this.#group.isAlive(); passed += LOOK_AGAIN) {
      await this.#pause(LOOK_AGAIN);
    }
  }

  /**
   * Waits for a group that got SIGKILL. The end of its output is as good as an empty group: where the
   * first process of the system waits for no orphans, as in many containers, dead ones stay in it.
   */
  async #diesOut(): Promise<void> {
    for (let look = 0; look < LOOKS_AFTER_KILL && this.#group.isAlive(); look += 1) {
      if (await this.#happensWithin(this.#outputEnded, LOOK_AGAIN)) return;
    }
  }

  #pause(duration: number): Promise<void> {
    return new Promise((resolve) => {
      this.#clock.setTimeout(resolve, duration);
    });
  }

  /** Whether `event` came before so many milliseconds were over. */
  #happensWithin(event: Promise<unknown>, limit: number): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = this.#clock.setTimeout(() => resolve(false), limit);
      void event.then(() => {
        this.#clock.clearTimeout(timer);
        resolve(true);
      });
    });
  }
}
