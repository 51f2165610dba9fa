import type { Clock } from '../clock.js';
import type { ConnectionManager } from '../connection/ConnectionManager.js';
import { isTagged } from '../connection/state.js';

/** How long, in milliseconds, somebody who was just handed a connection may take to begin a call. */
const HAND_OUT_GRACE = 1_000;

/** Who uses a connection of the pool, and since when nobody does. */
export class Usage {
  readonly #manager: ConnectionManager;
  readonly #clock: Clock;
  #waiting = 0;
  #usedAt: number;
  #handedOutAt = Number.NEGATIVE_INFINITY;
  /** Those who have it: nobody gives it back. */
  #holders = 0;
  #acceptedBefore = 0;

  constructor(manager: ConnectionManager, clock: Clock) {
    this.#manager = manager;
    this.#clock = clock;
    this.#usedAt = clock.now();
    manager.on('call', () => {
      this.#usedAt = clock.now();
    });
  }

  /** Calls that the connection has accepted and not settled. */
  get calls(): number {
    const { inFlight, waiting } = this.#manager.stats.calls;
    return inFlight + waiting;
  }

  get isAwaited(): boolean {
    return this.#waiting > 0;
  }

  /** Those who wait for it, and calls that are not settled. */
  get users(): number {
    return this.calls + this.#waiting;
  }

  /** When a call ended, it was last handed out, or somebody waited for it: monotonic milliseconds. */
  get usedAt(): number {
    return this.#usedAt;
  }

  /** Nobody uses it, nor was handed it so recently that a call may be about to come. */
  get isIdle(): boolean {
    if (this.users > 0 || isTagged(this.#manager.actor.getSnapshot(), 'exchanging')) return false;
    return !this.#isAwaitingCall || this.#clock.now() - this.#handedOutAt >= HAND_OUT_GRACE;
  }

  /** Milliseconds since it was last used; 0 while it is. */
  get unusedFor(): number {
    return this.isIdle ? this.#clock.now() - this.#usedAt : 0;
  }

  /** Somebody waits for it. @returns ends the wait */
  wait(): () => void {
    this.#waiting += 1;
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      this.#waiting -= 1;
      this.#usedAt = this.#clock.now();
    };
  }

  /** Somebody is handed it. */
  handOut(): void {
    this.hold();
    this.#acceptedBefore = this.#manager.stats.calls.accepted;
    this.#handedOutAt = this.#clock.now();
  }

  /** Somebody has it, and was not handed it by a get. */
  hold(): void {
    this.#holders += 1;
  }

  /** Whoever was handed it may not have begun a call. Of a call nobody knows whose it is, unless one alone has it. */
  get #isAwaitingCall(): boolean {
    return this.#holders > 1 || this.#manager.stats.calls.accepted === this.#acceptedBefore;
  }
}
