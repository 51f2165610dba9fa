import type { Clock } from '../clock.js';
import type { ConnectionDetail, ConnectionRow, InspectionFrame } from './frames.types.js';
import type { InspectionFeed } from './InspectionSource.types.js';

/** Milliseconds within which changes are told together. */
export const FRAME_EVERY = 100;
/** Milliseconds after which the one that is looked at is told anew: it counts calls in flight, and time. */
export const DETAIL_EVERY = 1_000;

export interface FeedOptions {
  clock: Clock;
  listener: (frame: InspectionFrame) => void;
  names(): Iterable<string>;
  /** Null for one that is there no more. */
  row(name: string): ConnectionRow | null;
  /** Null for one of which nothing is known. */
  detail(name: string): ConnectionDetail | null;
  closed(): void;
}

/** Tells one who looks what changes. However much that is, a frame has each connection once, as it is then. */
export class Feed implements InspectionFeed {
  readonly #options: FeedOptions;
  readonly #changed = new Set<string>();
  #focus: string | null = null;
  #isDetailDue = false;
  #timer: unknown = null;
  #detailTimer: unknown = null;
  #isClosed = false;

  constructor(options: FeedOptions) {
    this.#options = options;
    this.#send([...options.names()], true);
  }

  focus(name: string | null): void {
    if (this.#isClosed) return;
    this.#focus = name;
    this.#isDetailDue = name !== null;
    this.#options.clock.clearTimeout(this.#detailTimer);
    if (name !== null) this.#repeatDetail();
    // Whoever chose one is waiting for it.
    this.#flush();
  }

  /** Something about this connection has changed, or it has come or gone. */
  changed(name: string): void {
    if (this.#isClosed) return;
    this.#changed.add(name);
    if (name === this.#focus) this.#isDetailDue = true;
    this.#flushSoon();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#options.clock.clearTimeout(this.#timer);
    this.#options.clock.clearTimeout(this.#detailTimer);
    this.#options.closed();
  }

  /** As `close`, and says so: what was told is how it was last. */
  end(): void {
    if (this.#isClosed) return;
    this.close();
    const { clock, listener } = this.#options;
    const source = { isLive: false, note: 'these connections are not looked at any more' };
    listener({ now: clock.time(), source, isWhole: false, rows: [], gone: [], detail: null });
  }

  #repeatDetail(): void {
    this.#detailTimer = this.#options.clock.setTimeout(() => {
      this.#isDetailDue = true;
      this.#flushSoon();
      this.#repeatDetail();
    }, DETAIL_EVERY);
  }

  #flushSoon(): void {
    this.#timer ??= this.#options.clock.setTimeout(() => this.#flush(), FRAME_EVERY);
  }

  #flush(): void {
    this.#options.clock.clearTimeout(this.#timer);
    this.#timer = null;
    const names = [...this.#changed];
    this.#changed.clear();
    this.#send(names, false);
  }

  #send(names: readonly string[], isWhole: boolean): void {
    const { clock, row, detail, listener } = this.#options;
    const rows = names.map(row);
    const focused = this.#isDetailDue && this.#focus !== null ? detail(this.#focus) : null;
    this.#isDetailDue = false;
    listener({
      now: clock.time(),
      source: { isLive: true, note: null },
      isWhole,
      rows: rows.filter((each) => each !== null),
      gone: names.filter((_, index) => rows[index] === null),
      detail: focused,
    });
  }
}
