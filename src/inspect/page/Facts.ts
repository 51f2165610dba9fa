import type {
  CallEntry,
  ConnectionDetail,
  ConnectionRow,
  Statistics,
  TimelineEntry,
} from '../frames.types.js';
import { byId, make, setData, setText, showEntries } from './dom.js';
import type { Model } from './Model.js';
import { countdown, duration, latency, lookOf, shown, statusInWords, timeOfDay } from './words.js';

/** Changes in the strip over the timeline. */
const MOST_IN_STRIP = 40;

const UNUSED = 'Nobody has used it yet. When somebody does, its story is told here.';

/** What is known of the connection that is looked at, beside its chart. */
export class Facts {
  readonly #model: Model;
  readonly #pane = byId('facts', HTMLElement);
  readonly #name = byId('name', HTMLElement);
  readonly #state = byId('state', HTMLElement);
  readonly #about = byId('about', HTMLElement);
  readonly #error = byId('error', HTMLElement);
  readonly #backoff = byId('backoff', HTMLElement);
  readonly #countdown = byId('countdown', HTMLElement);
  readonly #progress = byId('progress', HTMLElement);
  readonly #strip = byId('strip', HTMLElement);
  readonly #timeline = byId('timeline', HTMLElement);
  readonly #calls = byId('calls', HTMLElement);
  readonly #noCalls = byId('no-calls', HTMLElement);
  readonly #statistics = byId('statistics', HTMLElement);
  /** When the backoff that is counted down was first seen. */
  #counting: { readonly until: number; readonly from: number } | null = null;
  #of: { readonly name: string; readonly beginning: number } | null = null;

  constructor(model: Model) {
    this.#model = model;
  }

  render(row: ConnectionRow, detail: ConnectionDetail | null): void {
    const { now, beginnings } = this.#model;
    if (this.#of?.name !== row.name || this.#of.beginning !== beginnings) this.#begin(row.name, beginnings);
    // Nothing has happened to it.
    const isUnused = !row.isBegun && detail === null;
    this.#pane.classList.toggle('is-unused', isUnused);
    setText(this.#name, shown(row.name));
    setData(this.#state, 'status', lookOf(row));
    const health = row.health === null ? '' : ` · ${row.health}`;
    const since = row.since === null ? '' : ` · for ${duration(now - row.since)}`;
    setText(this.#state, `${statusInWords({ ...row, retryAt: null }, now)}${health}${since}`);
    setText(this.#about, isUnused && row.error === null ? UNUSED : aboutServer(detail));
    const reason = row.error?.message ?? detail?.healthReason ?? '';
    setText(this.#error, shown(reason));
    this.#error.hidden = reason === '';
    this.#count(row.retryAt, now);
    if (detail === null) return;
    showEntries(this.#timeline, detail.timeline, timelineEntry);
    showEntries(this.#calls, detail.calls, callEntry);
    this.#noCalls.hidden = detail.calls.length > 0;
    this.#showStrip(detail.timeline, now);
    if (detail.statistics !== null) this.#showStatistics(detail.statistics);
  }

  #begin(name: string, beginning: number): void {
    this.#of = { name, beginning };
    this.#counting = null;
    for (const list of [this.#timeline, this.#calls, this.#statistics, this.#strip]) list.replaceChildren();
    this.#noCalls.hidden = false;
  }

  #count(until: number | null, now: number): void {
    this.#backoff.hidden = until === null;
    if (until === null) {
      this.#counting = null;
      return;
    }
    if (this.#counting?.until !== until) this.#counting = { until, from: now };
    const { from } = this.#counting ?? { from: now };
    setText(this.#countdown, `next attempt in ${countdown(until - now)}`);
    const share = until <= from ? 0 : Math.max(0, (until - now) / (until - from));
    this.#progress.style.transform = `scaleX(${Math.min(1, share).toFixed(3)})`;
  }

  /** The statuses side by side, each as wide as it lasted; the square root of it, so that short ones are seen. */
  #showStrip(timeline: readonly TimelineEntry[], now: number): void {
    const states = timeline.filter(({ kind }) => kind === 'state').slice(-MOST_IN_STRIP);
    states.forEach((entry, index) => {
      const until = states[index + 1]?.at ?? now;
      const existing = this.#strip.children[index];
      const part = existing instanceof HTMLElement ? existing : make('span', '');
      if (existing === undefined) this.#strip.append(part);
      setData(part, 'status', entry.value);
      part.style.flexGrow = Math.sqrt(Math.max(1, until - entry.at)).toFixed(1);
    });
    while (this.#strip.children.length > states.length) this.#strip.lastElementChild?.remove();
  }

  #showStatistics(statistics: Statistics): void {
    const lines = statisticLines(statistics);
    lines.forEach(([name, value], index) => {
      const [term, text] = [this.#statistics.children[2 * index], this.#statistics.children[2 * index + 1]];
      if (term === undefined || text === undefined)
        this.#statistics.append(make('dt', '', name), make('dd', '', value));
      else {
        setText(term, name);
        setText(text, value);
      }
    });
    while (this.#statistics.children.length > 2 * lines.length) this.#statistics.lastElementChild?.remove();
  }
}

function aboutServer(detail: ConnectionDetail | null): string {
  const { server = null, protocolVersion = null } = detail ?? {};
  if (server === null) return '';
  const protocol = protocolVersion === null ? '' : ` · protocol ${protocolVersion}`;
  return `${shown(server.name)} ${shown(server.version)}${shown(protocol)}`;
}

function timelineEntry({ at, kind, value, text, cause }: TimelineEntry): HTMLElement {
  const dot = make('span', 'dot');
  dot.setAttribute('aria-hidden', 'true');
  const time = timeElement(at);
  const what = make('span', 'what', kind === 'health' ? `health: ${shown(text)}` : shown(text));
  // A long reason is cut short; it stands above in full while it holds.
  what.title = shown(text);
  const entry = make('li', `of-${kind}`, dot, time, what, make('span', 'cause', shown(cause)));
  setData(entry, 'status', value ?? 'unknown');
  return entry;
}

function callEntry(call: CallEntry): HTMLElement {
  const { at, method, name, outcome, error, duration: took, sessions } = call;
  const again = sessions > 1 ? `, ${sessions} sessions` : '';
  // A tool that answers that it failed was called successfully.
  const isToolError = error === 'tool_error';
  const wrong = error === null || error === outcome ? '' : `: ${shown(error)}`;
  const what = make('span', 'what', shown(method), ' ', make('b', '', shown(name ?? '')));
  const result = make(
    'span',
    'cause',
    `${isToolError ? 'tool error' : outcome + wrong} · ${latency(took)}${again}`,
  );
  const entry = make('li', 'of-call', timeElement(at), what, result);
  setData(entry, 'outcome', isToolError ? 'failed' : outcome);
  return entry;
}

/** The time of day; the day, for those who point at it. */
function timeElement(at: number): HTMLElement {
  const element = make('time', '', timeOfDay(at));
  element.dateTime = new Date(at).toISOString();
  element.title = new Date(at).toLocaleString();
  return element;
}

function statisticLines(given: Statistics): (readonly [string, string])[] {
  const all = Object.values(given.timeIn).reduce((sum, time) => sum + time, 0);
  const share = all === 0 ? '' : ` (${((100 * given.timeIn.connected) / all).toFixed(1)} %)`;
  const mean = given.meanLatency === null ? '' : `, ${latency(given.meanLatency)} on average`;
  const losses = Object.entries(given.disconnects).map(([code, times]) => `${shown(code)} × ${times}`);
  return [
    ['connected', `${duration(given.timeIn.connected)}${share}`],
    [
      'connects',
      given.reconnections === 0
        ? String(given.connects)
        : `${given.connects}, ${given.reconnections} after a loss`,
    ],
    ['attempts', String(given.attempts)],
    ['left', losses.length === 0 ? 'never' : losses.join(', ')],
    ['probes', `${given.probesPassed} passed, ${given.probesFailed} failed${mean}`],
    [
      'calls',
      `${given.callsSucceeded} succeeded, ${given.callsFailed} failed, ${given.callsCancelled} cancelled`,
    ],
    ['now', `${given.callsInFlight} in flight, ${given.callsWaiting} waiting`],
  ];
}
