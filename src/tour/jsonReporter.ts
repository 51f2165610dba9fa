import { toSafeJson } from '../escape.js';
import type { Reporter, Told } from './events.js';

/** One event per line, as JSON. */
export class JsonReporter implements Reporter {
  readonly #write: (text: string) => void;

  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  tell(told: Told): void {
    this.#write(`${toSafeJson(told)}\n`);
  }

  end(): void {}
}
