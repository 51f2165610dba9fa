const NEWLINE = 0x0a;
const BYTE_ORDER_MARK = 0xfeff;
const EMPTY = Buffer.alloc(0);

/**
 * Cuts a stream of bytes into lines. A line is decoded only when it is complete, so a chunk may end
 * anywhere, in the middle of a character too; and every byte is looked at once, however small or
 * many the chunks are.
 */
export class LineSplitter {
  /** Longest line in bytes, its newline not counted. A change counts from the next line on. */
  limit: number;
  readonly #online: (line: string) => void;
  /** The beginning of a line whose end has not come yet. Grows by doubling. */
  #partial = EMPTY;
  #length = 0;

  constructor(limit: number, online: (line: string) => void) {
    this.limit = limit;
    this.#online = online;
  }

  /** Whether a line has begun and not ended. */
  get isInLine(): boolean {
    return this.#length > 0;
  }

  /** Takes the next bytes. False when a line is longer than the limit; nothing more is taken then. */
  push(chunk: Buffer): boolean {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      if (this.#length + end - start > this.limit) return this.#overflow();
      const line = this.#complete(chunk, start, end);
      start = end + 1;
      this.#online(line.charCodeAt(0) === BYTE_ORDER_MARK ? line.slice(1) : line);
    }
    if (this.#length + chunk.length - start > this.limit) return this.#overflow();
    if (start < chunk.length) this.#keep(chunk, start, chunk.length);
    return true;
  }

  /** The stream is at its end: what has come of a last line counts as one. */
  flush(): void {
    if (this.#length > 0) this.push(Buffer.of(NEWLINE));
  }

  #complete(chunk: Buffer, start: number, end: number): string {
    if (this.#length === 0) return chunk.toString('utf8', start, end);
    this.#keep(chunk, start, end);
    const line = this.#partial.toString('utf8', 0, this.#length);
    // Not kept for the next line: one huge frame must not hold its memory for the rest of the session.
    this.#partial = EMPTY;
    this.#length = 0;
    return line;
  }

  #keep(chunk: Buffer, start: number, end: number): void {
    const length = this.#length + end - start;
    if (length > this.#partial.length) {
      const grown = Buffer.allocUnsafe(Math.max(length, 2 * this.#partial.length));
      this.#partial.copy(grown, 0, 0, this.#length);
      this.#partial = grown;
    }
    chunk.copy(this.#partial, this.#length, start, end);
    this.#length = length;
  }

  #overflow(): false {
    this.#partial = EMPTY;
    this.#length = 0;
    return false;
  }
}
