import { readdirSync, readlinkSync } from 'node:fs';
import type { Timers } from './timers.js';

const TURNS_OF_REST = 100;

type Counts = ReadonlyMap<string, number>;

/** What a process holds at one moment, kind by kind. */
export class Baseline {
  readonly #timers: Timers;
  readonly #before: Counts;

  private constructor(before: Counts, timers: Timers) {
    this.#before = before;
    this.#timers = timers;
  }

  /**
   * Timers and listeners as they are now; descriptors and active resources as they are after `warmUp`, because
   * the first use of much opens what stays.
   */
  static async around(warmUp: () => Promise<void>, timers: Timers): Promise<Baseline> {
    const own = ownThings(timers);
    await warmUp();
    for (let turn = 0; turn < TURNS_OF_REST; turn += 1) await nextTurn();
    return new Baseline(countKinds([...own, ...systemThings()]), timers);
  }

  /** What there is more or less of now than then, one sentence each. */
  differences(): string[] {
    const now = this.#count();
    return [...new Set([...this.#before.keys(), ...now.keys()])].flatMap((kind) => {
      const [was, is] = [this.#before.get(kind) ?? 0, now.get(kind) ?? 0];
      return was === is ? [] : [`${kind}: ${is}, and it was ${was}`];
    });
  }

  /** Resolves as soon as nothing differs, or after so many milliseconds with what does. */
  async restored(limit = 5_000): Promise<string[]> {
    const end = performance.now() + limit;
    // Sockets are gone some turns after their last event, and nobody tells when.
    while (this.differences().length > 0 && performance.now() < end) await nextTurn();
    return this.differences();
  }

  #count(): Counts {
    return countKinds([...ownThings(this.#timers), ...systemThings()]);
  }
}

function ownThings(timers: Timers): string[] {
  const listeners = process
    .eventNames()
    .flatMap((name) => Array<string>(process.listenerCount(name)).fill(`listener of ${String(name)}`));
  return [...timers.running, ...listeners];
}

function systemThings(): string[] {
  return [
    ...descriptors().map((target) => `descriptor of ${target}`),
    ...process.getActiveResourcesInfo().map((resource) => `active ${resource}`),
  ];
}

function countKinds(things: readonly string[]): Counts {
  const counts = new Map<string, number>();
  for (const kind of things) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return counts;
}

/** What the open descriptors lead to, without the numbers that tell one socket from another. */
function descriptors(): string[] {
  return readdirSync('/proc/self/fd').flatMap((descriptor) => {
    try {
      return [readlinkSync(`/proc/self/fd/${descriptor}`).replace(/:\[\d+\]$/, '')];
    } catch {
      // The one that listed them.
      return [];
    }
  });
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
