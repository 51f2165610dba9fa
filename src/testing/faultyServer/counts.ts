import { readFileSync, writeFileSync } from 'node:fs';
import { fieldsOf } from './message.js';
import type { Counted } from './settings.js';

/** Counts what happens, over restarts where there is a file for it. */
export class Counts {
  readonly #file: string | null;
  #counted: { [what: string]: unknown } = {};

  constructor(file: string | null) {
    this.#file = file;
    if (file !== null) this.#counted = readCounts(file);
  }

  /** The number of this one, from 1. */
  next(what: Counted): number {
    const number = Number(this.#counted[what] ?? 0) + 1;
    this.#counted = { ...this.#counted, [what]: number };
    // Before anything comes of it: this process may be about to end.
    if (this.#file !== null) writeFileSync(this.#file, `${JSON.stringify(this.#counted)}\n`);
    return number;
  }
}

function readCounts(file: string): { [what: string]: unknown } {
  try {
    return { ...fieldsOf(JSON.parse(readFileSync(file, 'utf8'))) };
  } catch {
    // The first of its processes finds none.
    return {};
  }
}
