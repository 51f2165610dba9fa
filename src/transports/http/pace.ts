/** Between the end of a stream and the request that resumes it, in milliseconds, whatever the server says. */
export const RESUME_FLOOR = 500;
export const RESUME_CAP = 30_000;
/** A stream that was up for so long may be resumed at once when it breaks. */
export const SETTLED_AFTER = 5_000;
/** Resumptions that fail in a row before the stream is lost. */
export const MAX_FAILURES = 4;

/** Resumptions at once are spread over so many milliseconds. */
const SPREAD = 100;
/** Delays grow by up to this part, by chance. */
const JITTER = 0.2;

/**
 * When one stream may be asked for again. The server's `retry` and `Retry-After` are obeyed within
 * [floor, cap]. Without them the wait doubles with each connection that brings nothing, so that a server
 * which ends every stream at once is not flooded.
 */
export class ResumptionPace {
  readonly #random: () => number;
  #retry: number | null = null;
  #retryAfter: number | null = null;
  #failures = 0;
  /** Connections in a row that ended without having brought anything. */
  #barren = 0;
  #wasOpen = false;
  #isBroken = false;
  /** One resumption at once is granted, and earned again by a connection that lasts. */
  #hasCredit = true;

  constructor(random: () => number) {
    this.#random = random;
  }

  /** Whether the stream was ever up. */
  get wasOpen(): boolean {
    return this.#wasOpen;
  }

  get isExhausted(): boolean {
    return this.#failures >= MAX_FAILURES;
  }

  /** The server said `retry`. */
  requested(milliseconds: number): void {
    this.#retry = milliseconds;
  }

  /** The stream is up. */
  opened(): void {
    this.#wasOpen = true;
    this.#failures = 0;
    this.#retryAfter = null;
  }

  /** The stream has been up for a while. */
  settled(): void {
    this.#barren = 0;
    this.#hasCredit = true;
  }

  /** The stream's connection is over; what it brought in all its time, and whether the server ended it in order. */
  ended(how: { isBarren: boolean; isBroken: boolean }): void {
    this.#barren = how.isBarren ? this.#barren + 1 : 0;
    this.#isBroken = how.isBroken;
  }

  /** The stream could not be had; `retryAfter` in milliseconds when the server named it. */
  failed(retryAfter: number | null): void {
    this.#failures += 1;
    this.#retryAfter = retryAfter;
  }

  /** Milliseconds to wait before the next request for the stream. */
  nextDelay(): number {
    if (!this.#wasOpen && this.#failures === 0) return 0;
    if (this.#failures > 0)
      return Math.min(RESUME_CAP, Math.max(this.#backoff(), this.#retryAfter ?? 0, this.#retry ?? 0));
    if (this.#retry !== null && this.#retry >= RESUME_FLOOR) return Math.min(RESUME_CAP, this.#retry);
    if (this.#retry === null && this.#isBroken && this.#hasCredit) {
      this.#hasCredit = false;
      return Math.floor(this.#random() * SPREAD);
    }
    return this.#backoff();
  }

  #backoff(): number {
    const doublings = Math.max(0, this.#barren + this.#failures - 1);
    return Math.min(RESUME_CAP, RESUME_FLOOR * 2 ** doublings * (1 + this.#random() * JITTER));
  }
}
