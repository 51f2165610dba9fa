import { STDOUT, writeNow } from './descriptors.js';

/** Writes in pieces of so many bytes, each in a turn of its own, and where it is pulled only when it may. */
export class PieceWriter {
  readonly #size: number;
  readonly #isPulled: boolean;
  #writing = Promise.resolve();
  /** Pieces that may be written: the first one at once. */
  #pulls = 1;
  #onpull = () => {};

  constructor(size: number, isPulled: boolean) {
    this.#size = size;
    this.#isPulled = isPulled;
  }

  write(line: string): void {
    this.#writing = this.#writing.then(() => this.#writePieces(Buffer.from(line)));
  }

  /** One piece more may be written. */
  pull(): void {
    this.#pulls += 1;
    this.#onpull();
  }

  async #writePieces(bytes: Buffer): Promise<void> {
    for (let start = 0; start < bytes.length; start += this.#size) {
      while (this.#isPulled && this.#pulls === 0) {
        await new Promise<void>((resolve) => {
          this.#onpull = resolve;
        });
      }
      this.#pulls -= 1;
      writeNow(STDOUT, bytes.subarray(start, start + this.#size));
      await new Promise(setImmediate);
    }
  }
}
