import type { Writable } from 'node:stream';
import { ConnectionError } from '../../errors.js';

interface Waiting {
  resolve(): void;
  reject(error: ConnectionError): void;
}

const ACCEPTED = Promise.resolve();

/**
 * The input of a server. A write that the stream is too full for waits for it to drain, and settles
 * in any case: with the end of the input at the latest.
 */
export class ServerInput {
  readonly #stream: Writable;
  #waiting: Waiting[] = [];
  #end: ConnectionError | null = null;

  /** @param onbroken called once when the stream itself fails */
  constructor(stream: Writable, onbroken: (error: Error) => void) {
    this.#stream = stream;
    stream.on('drain', () => this.#settle((waiting) => waiting.resolve()));
    stream.on('error', onbroken);
  }

  /**
   * Writes `text` at once and resolves when the stream is ready for more. Rejects with what ended the
   * input, marked `unsent` when nothing of the text was written.
   */
  write(text: string): Promise<void> {
    const end = this.#end;
    if (end !== null) return Promise.reject(asUnsent(end));
    if (this.#stream.write(text)) return ACCEPTED;
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
    });
  }

  /** Nothing is written from here on. What waits to be written waits on for `end`. */
  refuse(reason: ConnectionError): void {
    this.#end = reason;
  }

  /** Nothing is written from here on, and what waits was in vain. */
  end(reason: ConnectionError): void {
    this.#end = reason;
    this.#settle((waiting) => waiting.reject(reason));
  }

  #settle(settle: (waiting: Waiting) => void): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    waiting.forEach(settle);
  }
}

function asUnsent(error: ConnectionError): ConnectionError {
  const { code, message, details } = error;
  return new ConnectionError(code, message, { cause: error, details: { ...details, unsent: true } });
}
