/** Milliseconds for whoever says nothing: above what the daemon has for one request, unless more is configured. */
const LONGEST = 11 * 60_000;
/** The longest that a timer can be. */
const UNLIMITED = 2 ** 31 - 1;

/** How long something may take in all, and whether whoever wants it has had enough. */
export class Deadline {
  /** Aborts when they have. */
  readonly signal: AbortSignal;
  readonly #given: number | undefined;
  readonly #longest: number;
  readonly #end: number;

  /** @param timeout what they gave, in milliseconds; `unlimited` for what ends when they say so */
  constructor(timeout: number | 'unlimited' | undefined, signal: AbortSignal) {
    this.signal = signal;
    this.#given = timeout === 'unlimited' ? undefined : timeout;
    this.#longest = timeout === 'unlimited' ? UNLIMITED : (timeout ?? LONGEST);
    this.#end = performance.now() + this.#longest;
  }

  /** What the daemon is told: how much is left of what was given; undefined if nothing was. */
  get timeout(): number | undefined {
    return this.#given === undefined ? undefined : this.left;
  }

  /** Milliseconds, at least one. */
  get left(): number {
    return Math.max(1, Math.ceil(this.#end - performance.now()));
  }

  /** Milliseconds from the beginning on. */
  get total(): number {
    return this.#longest;
  }

  /** What is said when it has passed. */
  get words(): string {
    return `not answered within ${this.#longest} ms`;
  }

  get isUnlimited(): boolean {
    return this.#longest === UNLIMITED;
  }

  get isOver(): boolean {
    return performance.now() >= this.#end;
  }
}
