import type { Duplex } from 'node:stream';

/** A frame on its way out. */
export interface Outgoing {
  readonly bytes: Buffer;
  /** Whether the stream has it: from then on, it may arrive. */
  isHanded: boolean;
}

/**
 * The frames that wait until the other half reads. They are handed to the stream one by one, as it asks for more:
 * those that were not are known never to have left.
 */
export class Outbox {
  readonly #stream: Duplex;
  readonly #waiting = new Set<Outgoing>();
  #waitingBytes = 0;

  constructor(stream: Duplex) {
    this.#stream = stream;
    stream.on('drain', () => this.#hand());
  }

  /** Bytes that the system has not taken yet. */
  get bytes(): number {
    return this.#waitingBytes + this.#stream.writableLength;
  }

  add(frame: Outgoing): void {
    this.#waiting.add(frame);
    this.#waitingBytes += frame.bytes.length;
    this.#hand();
  }

  /** Takes it back. False when that is too late. */
  take(frame: Outgoing): boolean {
    if (!this.#waiting.delete(frame)) return false;
    this.#waitingBytes -= frame.bytes.length;
    return true;
  }

  /** Hands over all that waits, whether the stream asks for it or not: nothing follows. */
  flush(): void {
    for (const frame of this.#waiting) this.#handOne(frame);
  }

  clear(): void {
    this.#waiting.clear();
    this.#waitingBytes = 0;
  }

  #hand(): void {
    for (const frame of this.#waiting) {
      if (this.#stream.writableNeedDrain) return;
      this.#handOne(frame);
    }
  }

  #handOne(frame: Outgoing): void {
    this.take(frame);
    frame.isHanded = true;
    this.#stream.write(frame.bytes);
  }
}
