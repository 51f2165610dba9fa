import type { Clock } from '../clock.js';

/** Calls that wait for the chart to move. */
export class WaitingLine {
  readonly #clock: Clock;
  readonly #waiting = new Set<() => void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The chart moved: those who wait look again, in the order they came. */
  changed(): void {
    if (this.#waiting.size === 0) return;
    const waiting = [...this.#waiting];
    for (const look of waiting) look();
  }

  /**
   * Waits until a look after a move says so, or until the deadline. Rejects with the signal's reason.
   *
   * @param deadline monotonic milliseconds
   * @param signal not aborted yet
   * @returns whether it was so before the deadline
   */
  until(isSo: () => boolean, deadline: number, signal: AbortSignal | undefined): Promise<boolean> {
    const clock = this.#clock;
    return new Promise((resolve, reject) => {
      const end = () => {
        this.#waiting.delete(look);
        clock.clearTimeout(timer);
        signal?.removeEventListener('abort', abort);
      };
      const conclude = (outcome: boolean) => {
        end();
        resolve(outcome);
      };
      const look = () => {
        if (isSo()) conclude(true);
      };
      const abort = () => {
        end();
        reject(signal?.reason);
      };
      const timer = clock.setTimeout(() => conclude(false), Math.max(0, deadline - clock.now()));
      signal?.addEventListener('abort', abort, { once: true });
      this.#waiting.add(look);
    });
  }
}
