import type { CheckOutput } from '../../machines/index.js';
import type { Clock } from '../clock.js';
import type { ConnectionManager } from '../connection/ConnectionManager.js';

/** What came in longer ago, in milliseconds, is not what a question has brought. */
const RECENT = 500;

/** When a connection was last proven alive: something came in, or a probe was answered. */
export class LifeSigns {
  readonly #manager: ConnectionManager;
  readonly #clock: Clock;
  /** The last answer to a probe that came without a frame: of a function of the embedder's. */
  #repliedAt = Number.NEGATIVE_INFINITY;

  constructor(manager: ConnectionManager, clock: Clock) {
    this.#manager = manager;
    this.#clock = clock;
    manager.actor.on('probe.answered', ({ evidence }) => {
      if (evidence === 'reply') this.#repliedAt = clock.now();
    });
  }

  /** Milliseconds since the last one; null without one. */
  get silence(): number | null {
    const provenAt = this.#provenAt;
    return provenAt === Number.NEGATIVE_INFINITY ? null : this.#clock.now() - provenAt;
  }

  /**
   * Asks the server, where nobody has since it was wanted: a probe under way may be content with less, and one that
   * the machine slept over is not the last one.
   */
  async check(signal: AbortSignal): Promise<CheckOutput> {
    const startedAt = this.#clock.now();
    const isProven = () => this.#provenAt >= startedAt && this.#clock.now() - this.#provenAt <= RECENT;
    /** Of the last probe: whether anything came in meanwhile; null where it was answered. */
    let unanswered: { isAlive: boolean } | null = null;
    const subscriptions = [
      this.#manager.actor.on('probe.answered', () => {
        unanswered = null;
      }),
      this.#manager.actor.on('probe.unanswered', ({ isAlive }) => {
        unanswered = { isAlive };
      }),
    ];
    try {
      const health = await this.#manager.checkHealth({ signal });
      if (health.status === 'healthy' && !isProven()) await this.#manager.checkHealth({ signal });
      return unanswered ?? { isAlive: isProven() };
    } finally {
      for (const subscription of subscriptions) subscription.unsubscribe();
    }
  }

  get #provenAt(): number {
    const { silence } = this.#manager;
    const heardAt = silence === null ? Number.NEGATIVE_INFINITY : this.#clock.now() - silence;
    return Math.max(heardAt, this.#repliedAt);
  }
}
