import { PoolError } from '../errors.js';
import type { PoolEntry } from './PoolEntry.js';

/** Keeps the number of connections within the pool's limit. */
export class Admission {
  readonly #limit: number | 'unlimited';
  /** Entries that have a place: those admitted, whatever became of them until they leave it. */
  readonly #placed = new Set<PoolEntry>();
  /** Who waits for a place that is about to become free, in the order of coming. */
  readonly #line = new Map<PoolEntry, { enter(): void; refuse(error: PoolError): void }>();
  readonly #evicted: (entry: PoolEntry) => void;

  constructor(limit: number | 'unlimited', evicted: (entry: PoolEntry) => void) {
    this.#limit = limit;
    this.#evicted = evicted;
  }

  /**
   * Resolves when there is a place for the entry, for which the least recently used of the idle ones may go.
   *
   * @throws PoolError `POOL_FULL` when all are in use
   */
  async admit(entry: PoolEntry, signal: AbortSignal): Promise<void> {
    if (this.#hasRoom() && this.#line.size === 0) {
      this.#placed.add(entry);
      return;
    }
    if (!this.#makeRoom(1)) throw this.#full(entry.name);
    await this.#nextPlace(entry, signal);
  }

  /** The entry moved. */
  changed(entry: PoolEntry): void {
    if (entry.isOccupying) this.#placed.add(entry);
    else if (entry.isEntering || !this.#placed.delete(entry)) return;
    while (this.#hasRoom() && this.#line.size > 0) this.#callNext();
    // One that was about to leave may have come back, and one of somebody's own may have come in.
    while (this.#line.size > 0 && !this.#makeRoom(0)) this.#refuseLast();
  }

  #hasRoom(): boolean {
    return this.#limit === 'unlimited' || this.#placed.size < this.#limit;
  }

  /** Sees to it that places will be free for those in the line and `more`; evicts nobody where that is in vain. */
  #makeRoom(more: number): boolean {
    if (this.#limit === 'unlimited') return true;
    const staying = [...this.#placed].filter(({ isClosing }) => !isClosing);
    const missing = staying.length + this.#line.size + more - this.#limit;
    if (missing <= 0) return true;
    const idle = staying
      .filter((entry) => entry.isOccupying && entry.usage.isIdle)
      .sort(byWorth)
      .slice(0, missing);
    if (idle.length < missing) return false;
    for (const entry of idle) {
      this.#evicted(entry);
      entry.retire().catch(() => {
        // Whoever waits for its place has it all the same; how it ended is told where somebody asked for it.
      });
    }
    return true;
  }

  #nextPlace(entry: PoolEntry, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#line.delete(entry);
        signal.removeEventListener('abort', abort);
      };
      const refuse = (error: unknown) => {
        leave();
        reject(error);
      };
      const abort = () => refuse(signal.reason);
      const enter = () => {
        leave();
        resolve();
      };
      this.#line.set(entry, { enter, refuse });
      signal.addEventListener('abort', abort, { once: true });
    });
  }

  /** The place is theirs before they hear of it, so that nobody comes in between. */
  #callNext(): void {
    const [next] = this.#line;
    if (next === undefined) return;
    const [entry, { enter }] = next;
    this.#placed.add(entry);
    enter();
  }

  #refuseLast(): void {
    const last = [...this.#line].at(-1);
    if (last === undefined) return;
    const [entry, { refuse }] = last;
    refuse(this.#full(entry.name));
  }

  #full(name: string): PoolError {
    const places = `${this.#placed.size} of ${this.#limit} places taken`;
    const used = [...this.#placed].filter(({ usage }) => !usage.isIdle).length;
    return new PoolError(
      'POOL_FULL',
      `${name}: no place in the pool: ${places}, ${used} in use (maxConnections)`,
    );
  }
}

/** Who goes first: the least recently used. What somebody may be about to authorize goes when nothing else can. */
function byWorth(one: PoolEntry, other: PoolEntry): number {
  return Number(one.isChallenged) - Number(other.isChallenged) || one.usage.usedAt - other.usage.usedAt;
}
