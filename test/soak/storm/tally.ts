/** Counts up, and lets others wait for a count: the storm goes by what was done, not by the clock. */
export class Tally {
  count = 0;
  #waiting: { at: number; resolve: () => void }[] = [];

  add(): void {
    this.count += 1;
    const due = this.#waiting.filter(({ at }) => at <= this.count);
    if (due.length === 0) return;
    this.#waiting = this.#waiting.filter(({ at }) => at > this.count);
    for (const { resolve } of due) resolve();
  }

  /** Resolves when so many more have been counted. */
  async after(more: number): Promise<void> {
    const at = this.count + more;
    if (more > 0) await new Promise<void>((resolve) => this.#waiting.push({ at, resolve }));
  }

  /** Nothing more is counted: whoever waits goes on. */
  end(): void {
    for (const { resolve } of this.#waiting) resolve();
    this.#waiting = [];
  }
}
