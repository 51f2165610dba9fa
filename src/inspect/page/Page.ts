import { Chart } from './Chart.js';
import { byId, make, setData, setText } from './dom.js';
import { Facts } from './Facts.js';
import { List } from './List.js';
import { Link, type LinkStatus } from './link.js';
import { type Filter, Model } from './Model.js';
import { lookOf, shown } from './words.js';

/** Milliseconds between two looks at the clock: while a backoff is counted down, and else. */
const COUNT_EVERY = 100;
const TICK_EVERY = 1_000;

const FILTERS: readonly Filter[] = ['all', 'connected', 'underway', 'troubled', 'resting'];
const ACTIONS = ['probe', 'reconnect', 'disconnect'] as const;
type Action = (typeof ACTIONS)[number];

const GROUP_WORDS = {
  connected: 'connected',
  underway: 'under way',
  troubled: 'in trouble',
  resting: 'at rest',
} as const;

/** The page as a whole: draws what the model has, at most once for each picture that the screen shows. */
export class Page {
  readonly #model = new Model();
  readonly #list: List;
  readonly #chart = new Chart(byId('chart', HTMLElement));
  readonly #facts = new Facts(this.#model);
  readonly #search = byId('search', HTMLInputElement);
  readonly #filter = byId('filter', HTMLSelectElement);
  readonly #follow = byId('follow', HTMLInputElement);
  readonly #outcome = byId('outcome', HTMLElement);
  readonly #buttons = ACTIONS.map((action) => byId(action, HTMLButtonElement));
  #link: Link | null = null;
  /** What was asked for last and is not answered, by the name of the connection. */
  readonly #pending = new Map<string, { readonly action: Action }>();
  #isDue = false;

  constructor() {
    this.#list = new List(byId('list', HTMLElement), this.#model, (name) => this.#select(name));
    this.#search.addEventListener('input', () => this.#look());
    this.#filter.addEventListener('change', () => this.#look());
    this.#follow.addEventListener('change', () => {
      if (this.#follow.checked) this.#chart.reveal();
    });
    ACTIONS.forEach((action, index) => {
      this.#buttons[index]?.addEventListener('click', () => void this.#act(action));
    });
    document.addEventListener('keydown', (event) => this.#key(event));
    this.#tick();
  }

  /** @param token null where the address had none */
  open(token: string | null): void {
    this.#link?.stop();
    this.#link = null;
    if (token === null) {
      this.#renderLater();
      return;
    }
    this.#link = new Link({
      token,
      onframe: (frame) => {
        const isFirst = this.#model.rows.size === 0;
        this.#model.apply(frame);
        if (frame.isWhole || isFirst) this.#chooseFirst();
        this.#renderLater();
      },
      onchange: (link) => {
        // The inspector knows nothing of a page that comes again.
        if (link.status === 'live') void link.focus(this.#model.selected).catch(() => {});
        this.#renderLater();
      },
    });
  }

  #chooseFirst(): void {
    const { selected, rows, first } = this.#model;
    if (selected !== null && rows.has(selected)) return;
    const isWide = matchMedia('(min-width: 760px)').matches;
    if (first !== undefined && (isWide || rows.size === 1)) this.#select(first.name);
  }

  #select(name: string): void {
    if (name !== this.#model.selected) {
      this.#model.select(name);
      const asked = this.#pending.get(name);
      this.#say(
        name,
        asked === undefined ? '' : `${asked.action} …`,
        asked === undefined ? 'done' : 'pending',
      );
      void this.#link?.focus(name).catch(() => {});
    }
    this.#list.reveal();
    this.#renderLater();
  }

  #look(): void {
    this.#model.look(this.#search.value, FILTERS.find((each) => each === this.#filter.value) ?? 'all');
    this.#renderLater();
  }

  async #act(action: Action): Promise<void> {
    const name = this.#model.selected;
    if (name === null || this.#link === null || !this.#mayAsk(action, name)) return;
    const asked = { action };
    this.#pending.set(name, asked);
    this.#say(name, `${action} …`, 'pending');
    const outcome = await this.#link.act(action, name).then(shown, () => 'the inspector could not be asked');
    // Something else has been asked for since, whose outcome it is that counts.
    if (this.#pending.get(name) !== asked) return;
    this.#pending.delete(name);
    this.#say(name, `${action}: ${outcome}`, 'done');
  }

  /** One thing after the other; but whoever waits for a connection can give it up. */
  #mayAsk(action: Action, name: string): boolean {
    const asked = this.#pending.get(name);
    return asked === undefined || (action === 'disconnect' && asked.action !== 'disconnect');
  }

  /** Of another connection than the one that is looked at, nothing is said. */
  #say(name: string, text: string, state: 'pending' | 'done'): void {
    if (name !== this.#model.selected) return;
    setText(this.#outcome, text);
    setData(this.#outcome, 'state', state);
    this.#renderLater();
  }

  #key(event: KeyboardEvent): void {
    const isTyping = event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement;
    if (event.key === 'Escape' && event.target === this.#search) {
      this.#search.value = '';
      this.#look();
    }
    if (event.key !== '/' || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    this.#search.focus();
  }

  /** Durations and countdowns go on while nothing happens. */
  #tick(): void {
    const isCounting = this.#isLive && [...this.#model.rows.values()].some(({ retryAt }) => retryAt !== null);
    window.setTimeout(() => this.#tick(), isCounting ? COUNT_EVERY : TICK_EVERY);
    if (this.#isLive) this.#renderLater();
  }

  #renderLater(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    requestAnimationFrame(() => {
      this.#isDue = false;
      this.#render();
    });
  }

  get #isLive(): boolean {
    return this.#link?.status === 'live' && this.#model.source.isLive;
  }

  #render(): void {
    const model = this.#model;
    this.#renderLink(this.#link?.status ?? 'refused');
    this.#renderSummary();
    this.#list.render();
    const nothing = byId('nothing', HTMLElement);
    nothing.hidden = !model.isFilled || model.found.length > 0;
    setText(nothing, model.rows.size === 0 ? 'There are no connections.' : 'None is like that.');
    const row = model.selectedRow;
    byId('chart-pane', HTMLElement).hidden = row === null;
    byId('facts', HTMLElement).hidden = row === null;
    byId('empty', HTMLElement).hidden = row !== null;
    setText(byId('empty-text', HTMLElement), this.#emptyText());
    if (row === null) return;
    this.#facts.render(row, model.detail);
    setData(byId('chart', HTMLElement), 'status', lookOf(row));
    const states = model.detail?.states ?? (row.isBegun ? [] : ['disconnected']);
    const transitions = model.detail?.transitions ?? null;
    this.#chart.show(row.name, states, transitions, this.#follow.checked);
    this.#renderTaken();
    ACTIONS.forEach((action, index) => {
      const isOfUse = row.isBegun && (action !== 'probe' || row.status === 'connected');
      const button = this.#buttons[index];
      if (button !== undefined)
        button.disabled = !this.#isLive || !isOfUse || !this.#mayAsk(action, row.name);
    });
  }

  #emptyText(): string {
    const { isFilled, rows } = this.#model;
    if (this.#link === null)
      return 'Open the address that the inspector gave you, with all that is behind its #.';
    if (!isFilled) return 'Waiting for the inspector …';
    return rows.size === 0
      ? 'There is no connection yet. As soon as there is one, it is shown here.'
      : 'Choose a connection.';
  }

  #renderTaken(): void {
    const last = this.#model.detail?.transitions.at(-1);
    const taken = byId('taken', HTMLElement);
    if (last === undefined) {
      delete taken.dataset.key;
      taken.title = '';
      setText(taken, 'no transition since the inspector began to look');
      return;
    }
    const key = `${this.#model.detail?.name} ${last.id}`;
    if (taken.dataset.key === key) return;
    taken.dataset.key = key;
    const to = last.targets.length === 0 ? 'stays' : `→ ${last.targets.map(shortPath).join(', ')}`;
    taken.replaceChildren(
      make('strong', '', shown(last.event)),
      make('span', '', ` ${shortPath(last.source)} ${to}`),
    );
    taken.title = `${last.source} → ${last.targets.join(', ')}`;
  }

  #renderLink(status: LinkStatus): void {
    const { source } = this.#model;
    const isStale = !this.#isLive;
    const shownStatus = status === 'live' && !source.isLive ? 'lost' : status;
    const link = byId('link', HTMLElement);
    setData(link, 'link', shownStatus);
    const words = { connecting: 'connecting', live: 'live', lost: 'not live', refused: 'refused' };
    setText(link, words[shownStatus]);
    document.body.classList.toggle('is-stale', isStale && this.#model.isFilled);
    const banner = byId('banner', HTMLElement);
    const text = this.#bannerText(status);
    banner.hidden = text === '';
    setText(banner, text);
  }

  #bannerText(status: LinkStatus): string {
    const { source, isFilled } = this.#model;
    const last = isFilled ? ' What you see is how it was last.' : '';
    if (this.#link === null) return 'This address has no token.';
    if (status === 'refused') {
      return `The inspector does not know this page (${this.#link.reason}). Open the address that it printed last.${last}`;
    }
    if (status === 'lost') return `No news: ${this.#link.reason}. The page tries again by itself.${last}`;
    if (!source.isLive) return `No news: ${shown(source.note ?? 'the connections cannot be seen')}.${last}`;
    return source.note === null ? '' : shown(source.note);
  }

  #renderSummary(): void {
    const { counts, rows } = this.#model;
    const summary = byId('summary', HTMLElement);
    if (summary.children.length === 0) {
      for (const group of Object.keys(GROUP_WORDS)) {
        const item = make('li', '', make('strong', ''), '\u00a0', make('span', ''));
        item.dataset.group = group;
        summary.append(item);
      }
    }
    for (const group of ['connected', 'underway', 'troubled', 'resting'] as const) {
      const item = summary.querySelector(`[data-group=${group}]`);
      if (!(item instanceof HTMLElement)) continue;
      const [number, word] = item.children;
      if (number !== undefined) setText(number, String(counts[group]));
      if (word !== undefined) setText(word, GROUP_WORDS[group]);
      item.hidden = counts[group] === 0;
    }
    const title = rows.size === 0 ? 'Connections' : `${counts.connected} of ${rows.size} connected`;
    if (document.title !== `${title} · lifeline`) document.title = `${title} · lifeline`;
  }
}

/** The last two names of a path. */
function shortPath(path: string): string {
  return path.split('.').slice(-2).join('.');
}
