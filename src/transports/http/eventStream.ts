import type { BodyStage } from './body.js';
import { FRAME_LIMIT, frameTooLarge } from './body.js';

/** One event of a stream, as far as it matters for the stream. */
export interface StreamEvent {
  /** Empty where the event names none. */
  name: string;
  /** null where the event has none. */
  id: string | null;
  /** Whether it says something; an event can be there for its id alone. */
  hasData: boolean;
}

export interface EventStreamObserver {
  /** An event is complete and passed on. */
  event(event: StreamEvent): void;
  /** The server asks for this many milliseconds before the stream is resumed. */
  retry(milliseconds: number): void;
  /** The stream ended, or broke with `failure`. Returns the data of one last event. */
  ended(failure: unknown): string;
}

/**
 * Reads a stream of server-sent events as it passes. Only complete events pass. `retry` does not: the SDK
 * would obey it as it is. A stream that breaks ends in order instead, after one last event that the
 * SDK hands back when it has read everything before it.
 */
export class EventStreamStage implements BodyStage {
  readonly #observer: EventStreamObserver;
  readonly #decoder = new TextDecoder();
  readonly #encoder = new TextEncoder();
  /** Complete lines of the event that is coming in. */
  #lines: string[] = [];
  /** Pieces of the line that is coming in: joined once, not at every chunk. */
  #pieces: string[] = [];
  #length = 0;
  #endedInReturn = false;
  /** Goes out before everything else. */
  #opening: string;

  /**
   * @param resumedFrom the id after which the stream goes on. The SDK forgets it when the stream breaks
   *   again before the next id, so it is repeated as the first event.
   */
  constructor(observer: EventStreamObserver, resumedFrom: string | null = null) {
    this.#observer = observer;
    this.#opening = resumedFrom === null ? '' : `id: ${resumedFrom}\ndata:\n\n`;
  }

  take(chunk: Uint8Array): Uint8Array | null {
    let text = this.#decoder.decode(chunk, { stream: true });
    if (text === '') return null;
    if (this.#endedInReturn && text.startsWith('\n')) text = text.slice(1);
    this.#endedInReturn = text.endsWith('\r');
    const [first = '', ...more] = text.split(/\r\n|\n|\r/);
    this.#grow(first);
    let passed = '';
    for (const next of more) {
      const line = this.#pieces.join('');
      this.#pieces = [];
      if (line === '') passed += this.#complete();
      else this.#lines.push(line);
      this.#grow(next);
    }
    return this.#encode(passed);
  }

  finish(failure: unknown): Uint8Array | null {
    // What is left is no event: the blank line that would have made it one is missing.
    return this.#encode(`data: ${this.#observer.ended(failure)}\n\n`);
  }

  #grow(piece: string): void {
    this.#length += piece.length;
    if (this.#length > FRAME_LIMIT) throw frameTooLarge();
    if (piece !== '') this.#pieces.push(piece);
  }

  /** The event whose lines are complete, as it is passed on. */
  #complete(): string {
    const event: StreamEvent = { name: '', id: null, hasData: false };
    const passed: string[] = [];
    let hasDataLine = false;
    for (const line of this.#lines) {
      const [, field, value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? [];
      if (field === 'retry') {
        if (/^\d+$/.test(value)) this.#observer.retry(Number(value));
        continue;
      }
      if (field === 'data') {
        hasDataLine = true;
        event.hasData ||= value !== '';
      } else if (field === 'event') event.name = value;
      else if (field === 'id' && value !== '' && !value.includes('\0')) event.id = value;
      passed.push(line);
    }
    this.#lines = [];
    this.#length = 0;
    if (hasDataLine || event.id !== null) this.#observer.event(event);
    // The SDK's parser takes no notice of an id without data, though it is one.
    if (event.id !== null && !hasDataLine) passed.push('data:');
    return passed.length === 0 ? '' : `${passed.join('\n')}\n\n`;
  }

  #encode(text: string): Uint8Array | null {
    const all = this.#opening + text;
    this.#opening = '';
    return all === '' ? null : this.#encoder.encode(all);
  }
}
