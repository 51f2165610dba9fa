import type { Clock } from '../clock.js';
import type { ConnectionManager } from '../connection/ConnectionManager.js';
import type { StateChange } from '../connection/monitor.js';
import { stateInWords } from '../connection/state.js';
import { BoundedList } from './BoundedList.js';
import type { CallEntry, TimelineEntry, TransitionTaken } from './frames.types.js';
import { followSteps } from './steps.js';

const MOST_TRANSITIONS = 30;
const MOST_IN_TIMELINE = 100;
const MOST_CALLS = 50;

export interface RecorderOptions {
  manager: ConnectionManager;
  clock: Clock;
  /** Called when anything about it has changed, often. */
  changed(): void;
}

/** Looks at one connection, from now on, and keeps the last of what it saw. It does nothing to it. */
export class Recorder {
  readonly manager: ConnectionManager;
  readonly transitions = new BoundedList<Omit<TransitionTaken, 'id'>>(MOST_TRANSITIONS);
  readonly timeline = new BoundedList<Omit<TimelineEntry, 'id'>>(MOST_IN_TIMELINE);
  readonly calls = new BoundedList<Omit<CallEntry, 'id'>>(MOST_CALLS);
  readonly #clock: Clock;
  readonly #changed: () => void;
  readonly #unsubscribe: (() => void)[] = [];
  /** When it entered the status that it has; null where nobody was there to see it. */
  since: number | null = null;
  #retryAt: number | null = null;
  #plannedDelay: number | null = null;

  constructor({ manager, clock, changed }: RecorderOptions) {
    this.manager = manager;
    this.#clock = clock;
    this.#changed = changed;
    for (const change of manager.monitor.history) this.#moved(change);
    this.#listen();
  }

  /** When the backoff under way ends; null where there is none, or nobody saw it begin. */
  get retryAt(): number | null {
    return this.manager.actor.getSnapshot().matches({ active: 'reconnecting' }) ? this.#retryAt : null;
  }

  end(): void {
    for (const unsubscribe of this.#unsubscribe.splice(0)) unsubscribe();
  }

  #listen(): void {
    const { actor } = this.manager;
    const stepsOf = followSteps(actor.getSnapshot());
    const steps = actor.system.inspect((event) => {
      if (event.actorRef !== actor) return;
      // Whatever is thrown here would stop the chart for good.
      try {
        for (const step of stepsOf(event)) this.transitions.add({ ...step, at: this.#clock.time() });
      } catch {
        return;
      }
      if (event.type !== '@xstate.snapshot') return;
      this.#noticeBackoff();
      this.#changed();
    });
    this.#unsubscribe.push(
      () => steps.unsubscribe(),
      this.manager.on('state', (change) => {
        this.#moved(change);
        this.#changed();
      }),
      this.manager.on('health', (health) => {
        const reason = health !== null && 'reason' in health ? `: ${health.reason}` : '';
        const value = health?.status ?? null;
        const text = `${value ?? 'unknown'}${reason}`;
        this.timeline.add({ at: this.#clock.time(), kind: 'health', value, text, cause: '' });
        this.#changed();
      }),
      this.manager.on('call', ({ method, name = null, outcome, error = null, duration, sessions }) => {
        this.calls.add({ at: this.#clock.time(), method, name, outcome, error, duration, sessions });
        this.#changed();
      }),
    );
  }

  #moved({ from, to, at, cause }: StateChange): void {
    if (from.status !== to.status) this.since = at;
    this.timeline.add({ at, kind: 'state', value: to.status, text: stateInWords(to), cause });
  }

  /** The chart says how long it waits, and not since when. */
  #noticeBackoff(): void {
    const snapshot = this.manager.actor.getSnapshot();
    const isWaiting = snapshot.matches({ active: 'reconnecting' });
    const { backoffDelay } = snapshot.context;
    if (isWaiting && this.#plannedDelay !== backoffDelay) this.#retryAt = this.#clock.time() + backoffDelay;
    this.#plannedDelay = isWaiting ? backoffDelay : null;
  }
}
