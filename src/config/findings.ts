import type { ConfigProblem } from './configFileError.js';

/** Nobody reads more of them. */
const MOST = 100;

/** What was found in a file. Of very much there is a number alone: a file may be made of mistakes. */
export class Findings {
  readonly #found: ConfigProblem[] = [];
  #more = 0;

  /** @param describe called only for what is kept */
  add(describe: () => ConfigProblem): void {
    if (this.#found.length < MOST) this.#found.push(describe());
    else this.#more += 1;
  }

  get isEmpty(): boolean {
    return this.#found.length === 0;
  }

  get all(): readonly ConfigProblem[] {
    if (this.#more === 0) return this.#found;
    return [...this.#found, { path: '', line: null, message: `and ${this.#more} more` }];
  }
}
