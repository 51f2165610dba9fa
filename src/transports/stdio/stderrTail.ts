import type { Redactor } from '../../redact.js';

const NEWLINE = 0x0a;
/** A character has at most three bytes of UTF-8 for each unit of its length. */
const BYTES_PER_UNIT = 3;

/**
 * The end of what a server wrote on stderr, in bounded memory. Secrets are replaced when it is read,
 * not as it comes: a chunk may end in the middle of one. For the same reason a little more is kept
 * than is shown.
 */
export class StderrTail {
  readonly #limit: number;
  readonly #redact: Redactor;
  readonly #capacity: number;
  #chunks: Buffer[] = [];
  #length = 0;

  /** @param limit most bytes that `read` returns */
  constructor(limit: number, redact: Redactor) {
    this.#limit = limit;
    this.#redact = redact;
    this.#capacity = limit + BYTES_PER_UNIT * redact.longest;
  }

  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    // Joined now and then, or a server that writes byte by byte costs an object for each.
    if (this.#length > 2 * this.#capacity || this.#chunks.length > 64) {
      // Copied, or the part that is kept would hold the whole.
      const kept = Buffer.from(
        Buffer.concat(this.#chunks).subarray(Math.max(0, this.#length - this.#capacity)),
      );
      this.#chunks = [kept];
      this.#length = kept.length;
    }
  }

  /** The last whole lines that fit the limit; of a single longer one, its end. */
  read(): string {
    const kept = Buffer.concat(this.#chunks);
    const start = lineStart(kept, kept.length - this.#limit);
    const skipped = kept.toString('utf8', 0, start).length;
    // A mask can be longer than the secret was; only what is free of secrets may be cut again.
    const redacted = Buffer.from(this.#redact(kept.toString('utf8'), skipped));
    return redacted.toString('utf8', lineStart(redacted, redacted.length - this.#limit)).trimEnd();
  }
}

/** The first index at or after `from` where a line begins, or else a character. */
function lineStart(bytes: Buffer, from: number): number {
  if (from <= 0) return 0;
  const newline = bytes.indexOf(NEWLINE, from - 1);
  if (newline !== -1 && newline + 1 < bytes.length) return newline + 1;
  let start = from;
  while (start < bytes.length && ((bytes[start] ?? 0) & 0xc0) === 0x80) start += 1;
  return start;
}
