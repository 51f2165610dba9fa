/** Milliseconds for a command whose user says nothing: above any that the daemon has for one request. */
const LONGEST = 11 * 60_000;

/** How long a command may take in all, and whether its user has had enough. */
export class Deadline {
  /** Aborts when the user interrupts. */
  readonly signal: AbortSignal;
  readonly #given: number | undefined;
  readonly #limit: number;
  readonly #end: number;

  /**
   * @param timeout what the user gave, in milliseconds
   * @param longest what holds where they gave nothing, in milliseconds; `Infinity` for what ends when they have seen enough
   */
  constructor(timeout: number | undefined, signal: AbortSignal, longest = LONGEST) {
    this.signal = signal;
    this.#given = timeout;
    this.#limit = timeout ?? longest;
    this.#end = performance.now() + this.#limit;
  }

  /** What the daemon is told: how much is left of what the user gave; undefined if they gave nothing. */
  get timeout(): number | undefined {
    return this.#given === undefined ? undefined : this.left;
  }

  /** Milliseconds, at least one; `Infinity` where there is no limit. */
  get left(): number {
    return Math.max(1, Math.ceil(this.#end - performance.now()));
  }

  /** What is said when it has passed. */
  get words(): string {
    return `not answered within ${this.#limit} ms`;
  }

  get isOver(): boolean {
    return performance.now() >= this.#end;
  }
}
