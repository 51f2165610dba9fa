import type { Clock } from '../clock.js';

const LONGEST = 2 ** 31 - 1;

interface Timer {
  id: number;
  due: number;
  delay: number;
  callback: () => void;
}

/**
 * A clock that stands still until it is told to move. It never jumps over a deadline: timers that a
 * timer sets are fired on the way.
 *
 * It is what the package takes as `clock`, and what XState takes as `clock` of an actor.
 */
export class SteppingClock implements Clock {
  #now: number;
  #epoch: number;
  #nextId = 1;
  readonly #timers = new Map<number, Timer>();

  /**
   * @param now monotonic milliseconds at the start; default 0
   * @param epoch epoch milliseconds at the start; default some time in 2023
   */
  constructor({ now = 0, epoch = 1_700_000_000_000 }: { now?: number; epoch?: number } = {}) {
    this.#now = now;
    this.#epoch = epoch - now;
  }

  now(): number {
    return this.#now;
  }

  time(): number {
    return this.#epoch + this.#now;
  }

  /** A delay that is none, or longer than 2³¹ − 1 ms, is over at once: so it is on the clock of the process. */
  setTimeout(callback: () => void, delay: number): number {
    const id = this.#nextId++;
    const due = this.#now + (delay >= 0 && delay <= LONGEST ? delay : 0);
    this.#timers.set(id, { id, due, delay, callback });
    return id;
  }

  clearTimeout(timer: unknown): void {
    if (typeof timer === 'number') this.#timers.delete(timer);
  }

  /** The delays of the timers that are running, as they were set, soonest first. */
  get delays(): number[] {
    return this.#inOrder().map((timer) => timer.delay);
  }

  /** Moves to the next deadline and fires its timer. Returns false when no timer runs. */
  step(): boolean {
    const [next] = this.#inOrder();
    if (next === undefined) return false;
    this.#fire(next);
    return true;
  }

  /**
   * Fires the oldest timer that was set with this delay, whatever else is due before it.
   *
   * @throws Error when there is none
   */
  fire(delay: number): void {
    const timer = [...this.#timers.values()].find((candidate) => candidate.delay === delay);
    if (timer === undefined) {
      throw new Error(`no timer of ${delay} ms is running; there are ${this.delays.join(', ') || 'none'}`);
    }
    this.#fire(timer);
  }

  /**
   * Moves by so many milliseconds, deadline by deadline, letting promises settle after each.
   *
   * @throws RangeError unless they are some; for ever would never be over
   */
  async advance(duration: number): Promise<void> {
    checkMilliseconds('advance', duration);
    const end = this.#now + duration;
    await settle();
    while (true) {
      const [next] = this.#inOrder();
      if (next === undefined || next.due > end) break;
      this.#fire(next);
      await settle();
    }
    this.#now = Math.max(this.#now, end);
  }

  /**
   * Time goes by without the process: what was due meanwhile fires late, all at once.
   *
   * @throws RangeError unless the duration is some milliseconds
   */
  skip(duration: number): void {
    checkMilliseconds('skip', duration);
    this.#now += duration;
    for (const timer of this.#inOrder()) if (timer.due <= this.#now) this.#fire(timer);
  }

  /** The wall clock is set; the monotonic one does not notice. */
  setTime(time: number): void {
    this.#epoch = time - this.#now;
  }

  #fire(timer: Timer): void {
    this.#timers.delete(timer.id);
    this.#now = Math.max(this.#now, timer.due);
    timer.callback();
  }

  #inOrder(): Timer[] {
    return [...this.#timers.values()].sort((one, other) => one.due - other.due || one.id - other.id);
  }
}

function checkMilliseconds(what: string, given: number): void {
  if (Number.isFinite(given) && given >= 0) return;
  throw new RangeError(`${what}: found ${given}, expected milliseconds from 0`);
}

/** Lets every promise that can settle without time or input do so. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < SETTLING_TURNS; turn += 1) await Promise.resolve();
}

/** More hops than any chain of promises in the package has. */
const SETTLING_TURNS = 50;
