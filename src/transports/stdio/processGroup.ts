/**
 * A server and whatever it started, as far as that stayed in its process group. One that made a
 * group of its own is out of reach. On Windows: the one process.
 */
export class ProcessGroup {
  /** Process id of the leader, which is the id of the group. */
  readonly id: number;
  #isGone = false;

  constructor(id: number) {
    this.id = id;
  }

  /** Asks every member to end. A stopped one is woken to hear it. */
  terminate(): void {
    if (this.#signal('SIGTERM') && process.platform !== 'win32') this.#signal('SIGCONT');
  }

  kill(): void {
    this.#signal('SIGKILL');
  }

  /** Whether a member is left. One that is dead but was not yet waited for by its parent counts. */
  isAlive(): boolean {
    return this.#signal(0);
  }

  /** False when nobody was left to hear it. From then on the id may be another's: it is never used again. */
  #signal(signal: NodeJS.Signals | 0): boolean {
    if (this.#isGone) return false;
    try {
      process.kill(process.platform === 'win32' ? this.id : -this.id, signal);
      return true;
    } catch {
      // ESRCH: no such group. EPERM: members of another user, or on macOS dead ones; neither can be ended.
      this.#isGone = true;
      return false;
    }
  }
}
