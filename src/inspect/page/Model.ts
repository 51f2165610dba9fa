import type { ConnectionDetail, ConnectionRow, InspectionFrame, SourceState } from '../frames.types.js';
import { lookOf } from './words.js';

export type Filter = 'all' | 'connected' | 'underway' | 'troubled' | 'resting';

const GROUPS: { readonly [status in ConnectionRow['status']]: Exclude<Filter, 'all'> } = {
  connected: 'connected',
  connecting: 'underway',
  reconnecting: 'troubled',
  failed: 'troubled',
  authorizing: 'troubled',
  closing: 'underway',
  disconnected: 'resting',
  terminated: 'resting',
};

/** One that cannot be used as it is configured is in trouble before anybody uses it. */
function groupOf(row: ConnectionRow): Exclude<Filter, 'all'> {
  return lookOf(row) === 'failed' ? 'troubled' : GROUPS[row.status];
}

const order = new Intl.Collator(undefined, { numeric: true });

/** What the inspector has told so far, and what of it is looked at. */
export class Model {
  readonly rows = new Map<string, ConnectionRow>();
  detail: ConnectionDetail | null = null;
  source: SourceState = { isLive: true, note: null };
  /** Whether anything was told yet. */
  isFilled = false;
  /** Rises when what was told before is of no use, as by another daemon. */
  beginnings = 0;
  selected: string | null = null;
  search = '';
  filter: Filter = 'all';
  /** Milliseconds that the clock of the inspector is ahead of ours. */
  #ahead = 0;
  #sorted: readonly ConnectionRow[] | null = null;

  /** As the inspector's clock has it. */
  get now(): number {
    return Date.now() + this.#ahead;
  }

  get selectedRow(): ConnectionRow | null {
    return this.selected === null ? null : (this.rows.get(this.selected) ?? null);
  }

  apply(frame: InspectionFrame): void {
    this.#ahead = frame.now - Date.now();
    this.source = frame.source;
    if (frame.isWhole) {
      this.rows.clear();
      this.isFilled = true;
      this.detail = null;
      this.beginnings += 1;
    }
    for (const row of frame.rows) this.rows.set(row.name, row);
    for (const name of frame.gone) this.rows.delete(name);
    if (this.detail !== null && frame.gone.includes(this.detail.name)) this.detail = null;
    if (frame.isWhole || frame.rows.length > 0 || frame.gone.length > 0) this.#sorted = null;
    if (frame.detail !== null) this.detail = frame.detail;
  }

  select(name: string | null): void {
    this.selected = name;
    if (this.detail?.name !== name) this.detail = null;
  }

  look(search: string, filter: Filter): void {
    this.search = search;
    this.filter = filter;
    this.#sorted = null;
  }

  /** Those that are looked for, by name. */
  get found(): readonly ConnectionRow[] {
    this.#sorted ??= [...this.rows.values()]
      .filter((row) => this.#isFound(row))
      .sort((one, other) => order.compare(one.name, other.name));
    return this.#sorted;
  }

  /** The one to begin with: where something is amiss, that; else one that is in use. */
  get first(): ConnectionRow | undefined {
    const { found } = this;
    return (
      found.find((row) => groupOf(row) === 'troubled') ?? found.find(({ isBegun }) => isBegun) ?? found[0]
    );
  }

  /** How many there are of each group. */
  get counts(): { readonly [group in Exclude<Filter, 'all'>]: number } {
    const counts = { connected: 0, underway: 0, troubled: 0, resting: 0 };
    for (const row of this.rows.values()) counts[groupOf(row)] += 1;
    return counts;
  }

  #isFound(row: ConnectionRow): boolean {
    if (this.filter !== 'all' && groupOf(row) !== this.filter) return false;
    return row.name.toLowerCase().includes(this.search.toLowerCase());
  }
}
