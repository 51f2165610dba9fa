export type Numbered<Entry> = Entry & { readonly id: number };

/** Of all lists: who takes over from another of the same name is not taken for it. */
let next = 1;

/** The last entries, each with a number that rises and that no other entry of this process has. */
export class BoundedList<Entry> {
  readonly #limit: number;
  #entries: Numbered<Entry>[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Oldest first. */
  get latest(): readonly Numbered<Entry>[] {
    return this.#entries.slice(-this.#limit);
  }

  add(entry: Entry): void {
    this.#entries.push({ ...entry, id: next });
    next += 1;
    // Not one by one: each time, all that stay are moved.
    if (this.#entries.length >= 2 * this.#limit) this.#entries = this.#entries.slice(-this.#limit);
  }
}
