import { type Clock, systemClock } from '../clock.js';

/** Milliseconds between two looks at the clocks. */
const INTERVAL = 1_000;
/** Milliseconds a look may be late before the process must have slept or been stopped. */
const TOLERANCE = 750;

/**
 * Notices that time went by without the process: the machine slept, or the process was stopped. While
 * it did, no timer ran and no answer was read, so limits that ran out say nothing about the server.
 *
 * It looks at two clocks, because on some systems the monotonic one stands still in sleep. It runs
 * only while somebody listens, and never keeps a process alive.
 */
export class WakeDetector {
  readonly #clock: Clock;
  readonly #listeners = new Set<() => void>();
  #timer: unknown = null;
  #last = { now: 0, time: 0 };

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @returns stop listening */
  watch(listener: () => void): () => void {
    this.#listeners.add(listener);
    if (this.#timer === null) this.#look();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      this.#clock.clearTimeout(this.#timer);
      this.#timer = null;
    };
  }

  #look(): void {
    this.#last = { now: this.#clock.now(), time: this.#clock.time() };
    this.#timer = this.#clock.setTimeout(() => this.#compare(), INTERVAL);
    unref(this.#timer);
  }

  #compare(): void {
    const { now, time } = this.#last;
    const elapsed = Math.max(this.#clock.now() - now, this.#clock.time() - time);
    const listeners = elapsed > INTERVAL + TOLERANCE ? [...this.#listeners] : [];
    this.#look();
    for (const listener of listeners) listener();
  }
}

/** The detector of the process. */
export const wakeDetector = new WakeDetector(systemClock);

/** Timers are numbers in a browser. */
function unref(timer: unknown): void {
  if (typeof timer === 'object' && timer !== null && 'unref' in timer && typeof timer.unref === 'function') {
    timer.unref();
  }
}
