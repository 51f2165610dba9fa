import type { ProbeMethod } from '../../machines/index.js';
import type { SessionObserver } from '../../src/session/port.js';
import { WatchedSession } from './watchedSession.js';

/** Resolves when it is this step's turn. */
export type Schedule = (label: string) => Promise<unknown>;

/**
 * A session over a server that does all it should, each step when its turn comes: steps of several
 * sessions may overtake each other, and come when the session is long left.
 */
export class RacingSession extends WatchedSession {
  readonly #schedule: Schedule;
  #isEnding = false;

  constructor(epoch: number, schedule: Schedule) {
    super(epoch);
    this.#schedule = (label) => schedule(`session ${epoch}: ${label}`);
  }

  override open(observer: SessionObserver): void {
    super.open(observer);
    this.#when('opened', () => this.opened());
  }

  override opened(): void {
    super.opened();
    this.#when('answered', () => this.answered());
  }

  override accept(): void {
    super.accept();
    this.#when('completed', () => this.completed());
  }

  override ask(method: ProbeMethod, signal: AbortSignal): Promise<void> {
    const asked = super.ask(method, signal);
    const probe = this.watchedProbes.at(-1);
    this.#when('probe answered', () => probe?.answer());
    return asked;
  }

  override goodbye(): Promise<void> {
    this.#when('goodbye said', () => this.drained());
    return super.goodbye();
  }

  override close(): Promise<void> {
    if (!this.#isEnding) this.#when('closed', () => this.finishClosing());
    this.#isEnding = true;
    return super.close();
  }

  #when(label: string, step: () => void): void {
    void this.#schedule(label).then(step);
  }
}
