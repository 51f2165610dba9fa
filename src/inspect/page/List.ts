import type { ConnectionRow } from '../frames.types.js';
import { make, setData, setText } from './dom.js';
import type { Model } from './Model.js';
import { duration, latency, lookOf, shown, statusInWords } from './words.js';

/** Pixels; as the style has it. */
const ROW_HEIGHT = 50;
/** Rows that are ready above and below what is seen. */
const MARGIN = 4;

interface Cells {
  readonly row: HTMLElement;
  readonly dot: HTMLElement;
  readonly name: HTMLElement;
  readonly status: HTMLElement;
  readonly health: HTMLElement;
  readonly latency: HTMLElement;
  readonly since: HTMLElement;
}

/** The list of connections. However many there are, the page holds those that can be seen. */
export class List {
  readonly #element: HTMLElement;
  readonly #room = make('div', 'room');
  readonly #model: Model;
  readonly #onselect: (name: string) => void;
  #cells: Cells[] = [];

  constructor(element: HTMLElement, model: Model, onselect: (name: string) => void) {
    this.#element = element;
    this.#model = model;
    this.#onselect = onselect;
    element.append(this.#room);
    element.addEventListener('scroll', () => this.render(), { passive: true });
    element.addEventListener('keydown', (event) => this.#key(event));
    element.addEventListener('click', (event) => {
      const row = event.target instanceof Element ? event.target.closest('.row') : null;
      const index = this.#cells.findIndex((cells) => cells.row === row);
      const found = this.#model.found[this.#first + index];
      if (index !== -1 && found !== undefined) this.#onselect(found.name);
    });
    new ResizeObserver(() => this.render()).observe(element);
  }

  get #first(): number {
    return Math.max(0, Math.floor(this.#element.scrollTop / ROW_HEIGHT) - MARGIN);
  }

  render(): void {
    const rows = this.#model.found;
    this.#room.style.height = `${rows.length * ROW_HEIGHT}px`;
    const first = this.#first;
    const seen = Math.ceil(this.#element.clientHeight / ROW_HEIGHT) + 2 * MARGIN;
    const visible = rows.slice(first, first + seen);
    while (this.#cells.length < visible.length) this.#cells.push(this.#makeCells());
    for (const { row } of this.#cells.splice(visible.length)) row.remove();
    let active = '';
    visible.forEach((row, index) => {
      const cells = this.#cells[index];
      if (cells === undefined) return;
      const isSelected = row.name === this.#model.selected;
      this.#fill(cells, row, first + index, rows.length, isSelected);
      if (isSelected) active = cells.row.id;
    });
    if (active === '') this.#element.removeAttribute('aria-activedescendant');
    else this.#element.setAttribute('aria-activedescendant', active);
  }

  /** Scrolls to the one that is selected. */
  reveal(): void {
    const index = this.#model.found.findIndex(({ name }) => name === this.#model.selected);
    if (index === -1) return;
    const { scrollTop, clientHeight } = this.#element;
    const top = index * ROW_HEIGHT;
    if (top < scrollTop) this.#element.scrollTop = top;
    else if (top + ROW_HEIGHT > scrollTop + clientHeight) {
      this.#element.scrollTop = top + ROW_HEIGHT - clientHeight;
    }
  }

  #makeCells(): Cells {
    const cells = {
      row: make('div', 'row'),
      dot: make('span', 'dot'),
      name: make('span', 'name'),
      status: make('span', 'status'),
      health: make('span', 'health'),
      latency: make('span', 'latency'),
      since: make('span', 'since'),
    };
    cells.row.append(cells.dot, cells.name, cells.latency, cells.status, cells.health, cells.since);
    cells.row.setAttribute('role', 'option');
    cells.row.id = `row-${this.#cells.length}`;
    cells.dot.setAttribute('aria-hidden', 'true');
    this.#room.append(cells.row);
    return cells;
  }

  #fill(cells: Cells, row: ConnectionRow, index: number, all: number, isSelected: boolean): void {
    const { now } = this.#model;
    cells.row.style.transform = `translateY(${index * ROW_HEIGHT}px)`;
    setData(cells.row, 'status', lookOf(row));
    cells.row.setAttribute('aria-selected', String(isSelected));
    cells.row.setAttribute('aria-posinset', String(index + 1));
    cells.row.setAttribute('aria-setsize', String(all));
    setText(cells.name, shown(row.name));
    cells.name.title = shown(row.name);
    setText(cells.status, statusInWords(row, now));
    setText(cells.health, row.health === 'degraded' ? 'degraded' : '');
    setText(cells.latency, row.latency === null || row.status !== 'connected' ? '' : latency(row.latency));
    setText(cells.since, row.since === null ? '' : duration(now - row.since));
  }

  #key(event: KeyboardEvent): void {
    const rows = this.#model.found;
    const at = rows.findIndex(({ name }) => name === this.#model.selected);
    const page = Math.max(1, Math.floor(this.#element.clientHeight / ROW_HEIGHT) - 1);
    const last = rows.length - 1;
    const targets: { readonly [key: string]: number } = {
      ArrowDown: Math.min(last, at + 1),
      ArrowUp: Math.max(0, at - 1),
      PageDown: Math.min(last, at + page),
      PageUp: Math.max(0, at - page),
      Home: 0,
      End: last,
    };
    const target = rows[targets[event.key] ?? -1];
    if (target === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    this.#onselect(target.name);
  }
}
