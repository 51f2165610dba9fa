export type Numbered<Entry> = Entry & { readonly id: number };

/** The last entries, each with a number that rises by one. */
export class BoundedList<Entry> {
  readonly #limit: number;
  #entries: Numbered<Entry>[] = [];
  #next = 1;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Oldest first. */
  get latest(): readonly Numbered<Entry>[] {
    return this.#entries.slice(-this.#limit);
  }

  add(entry: Entry): void {
    this.#entries.push({ ...entry, id: this.#next });
    this.#next += 1;
    // Not one by one: each time, all that stay are moved.
    if (this.#entries.length >= 2 * this.#limit) this.#entries = this.#entries.slice(-this.#limit);
  }
}
