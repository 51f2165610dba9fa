import type { Settlements } from '../connection/settlements.js';
import { ConnectionError, messageOf } from '../errors.js';
import type { Roster } from './roster.js';

/** How everything in the pool comes to its end. */
export class Ending {
  readonly #roster: Roster;
  readonly #settlements: Settlements<null>;
  /** Of connections that were ended before all were. */
  readonly #begun: Promise<void>[] = [];

  /** @param settlements looked at again whenever a call has ended */
  constructor(roster: Roster, settlements: Settlements<null>) {
    this.#roster = roster;
    this.#settlements = settlements;
  }

  /**
   * Resolves when no call is in flight. What nobody uses ends at once, so that nothing is begun any more that no
   * call waits for.
   */
  settled(signal: AbortSignal): Promise<void> {
    const settle = () => {
      const entries = [...this.#roster.entries];
      for (const entry of entries.filter(({ usage, isOver }) => usage.calls === 0 && !isOver)) {
        const ending = entry.retire();
        // Whether it ended is told when all have.
        ending.catch(() => {});
        this.#begun.push(ending);
      }
      return entries.every(({ usage }) => usage.calls === 0) ? { value: undefined } : null;
    };
    return this.#settlements.until(null, settle, signal);
  }

  /** Resolves when every connection has ended; rejects naming those that could not. */
  async retireAll(): Promise<void> {
    // All of them at once: one that takes its time to give its place to another keeps nobody else here.
    const first = Promise.allSettled(this.#retirePresent());
    // Entries that are put meanwhile are refused: the pool is not open any more.
    await this.#roster.replaced();
    const last = await Promise.allSettled([...this.#begun, ...this.#retirePresent()]);
    const endings = [...(await first), ...last];
    // One that began to end earlier is told of once.
    const failures = new Set(
      endings.filter((ending) => ending.status === 'rejected').map(({ reason }) => messageOf(reason)),
    );
    if (failures.size > 0) throw new ConnectionError('RELEASE_FAILED', [...failures].join('; '));
  }

  #retirePresent(): Promise<void>[] {
    return [...this.#roster.entries].map((entry) => entry.retire());
  }
}
