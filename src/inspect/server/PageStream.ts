import type { ServerResponse } from 'node:http';
import type { Clock } from '../../clock.js';
import type { InspectionFrame, StreamLine } from '../frames.types.js';
import type { InspectionFeed, InspectionSource } from '../InspectionSource.types.js';
import { mergeFrames } from './mergeFrames.js';

/** Milliseconds between two signs of life. */
export const BEAT_EVERY = 5_000;
/** Milliseconds for a page to read what waits for it. One that does not is let go, and comes again if it lives. */
export const STALLED_AFTER = 30_000;

export interface PageStreamOptions {
  /** What the page calls it by. */
  id: string;
  source: InspectionSource;
  response: ServerResponse;
  clock: Clock;
  closed(): void;
}

/** What one page is told, a line of JSON at a time. For a page that is slow, the frames that wait are made one. */
export class PageStream {
  readonly #response: ServerResponse;
  readonly #clock: Clock;
  /** Null as long as the source has not opened one; it may throw. */
  #feed: InspectionFeed | null = null;
  #waiting: InspectionFrame | null = null;
  #beat: unknown = null;
  #stalled: unknown = null;
  #isBlocked = false;
  #isOver = false;

  constructor({ id, source, response, clock, closed }: PageStreamOptions) {
    this.#response = response;
    this.#clock = clock;
    response.on('drain', () => this.#drained());
    response.once('close', () => {
      this.#end();
      closed();
    });
    // One that is gone is told nothing, and that is all.
    response.on('error', () => {});
    this.#write({ type: 'hello', stream: id });
    this.#feed = source.open((frame) => this.#tell(frame));
    this.#beatLater();
  }

  focus(name: string | null): void {
    if (!this.#isOver) this.#feed?.focus(name);
  }

  /** Tells the page that this is the end. */
  close(): void {
    if (this.#isOver) return;
    this.#end();
    this.#response.end(line({ type: 'bye' }));
  }

  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#clock.clearTimeout(this.#beat);
    this.#clock.clearTimeout(this.#stalled);
    this.#feed?.close();
  }

  #tell(frame: InspectionFrame): void {
    if (this.#isOver) return;
    if (this.#isBlocked) this.#waiting = this.#waiting === null ? frame : mergeFrames(this.#waiting, frame);
    else this.#write({ type: 'frame', frame });
  }

  #write(content: StreamLine): void {
    if (this.#response.write(line(content))) return;
    this.#isBlocked = true;
    this.#stalled = this.#clock.setTimeout(() => this.#response.destroy(), STALLED_AFTER);
  }

  #drained(): void {
    this.#clock.clearTimeout(this.#stalled);
    this.#isBlocked = false;
    const frame = this.#waiting;
    this.#waiting = null;
    if (frame !== null) this.#tell(frame);
  }

  #beatLater(): void {
    this.#beat = this.#clock.setTimeout(() => {
      if (!this.#isBlocked) this.#write({ type: 'beat' });
      this.#beatLater();
    }, BEAT_EVERY);
  }
}

function line(content: StreamLine): string {
  return `${JSON.stringify(content)}\n`;
}
