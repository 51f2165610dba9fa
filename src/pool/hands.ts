import type { Clock } from '../clock.js';
import { checkDuration } from '../connection/config.js';
import type { GetOptions } from './pool.types.js';
import type { GetStats } from './stats.js';

/** Default of `get`, in milliseconds. */
const GET_TIMEOUT = 60_000;

/** Those who wait to be handed a connection: each with a limit of its own, and all of them counted. */
export class Hands {
  readonly #clock: Clock;
  readonly #limits = new Set<AbortController>();
  readonly #stats: GetStats = { accepted: 0, succeeded: 0, failed: 0, cancelled: 0, waiting: 0 };

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get stats(): GetStats {
    return { ...this.#stats };
  }

  /** Nobody is handed anything any more. */
  refuse(reason: unknown): void {
    for (const limit of this.#limits) limit.abort(reason);
  }

  /**
   * @param find ends its search when its signal aborts, with the signal's reason
   * @param late what is said when the time is over
   */
  async hand<Connection>(
    { signal, timeout = GET_TIMEOUT }: GetOptions,
    find: (signal: AbortSignal) => Promise<Connection>,
    late: (timeout: number) => Error,
  ): Promise<Connection> {
    signal?.throwIfAborted();
    checkDuration('timeout', timeout, 0);
    const limit = new AbortController();
    const abort = () => limit.abort(signal?.reason);
    signal?.addEventListener('abort', abort, { once: true });
    const timer = this.#clock.setTimeout(() => limit.abort(late(timeout)), timeout);
    this.#limits.add(limit);
    this.#stats.accepted += 1;
    this.#stats.waiting += 1;
    try {
      const connection = await find(limit.signal);
      this.#stats.succeeded += 1;
      return connection;
    } catch (error) {
      this.#stats[signal?.aborted === true && error === signal.reason ? 'cancelled' : 'failed'] += 1;
      throw error;
    } finally {
      this.#stats.waiting -= 1;
      this.#limits.delete(limit);
      this.#clock.clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    }
  }
}

/** Waits for `promise`, which goes on without us when the signal aborts. */
export async function abortable<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  signal.throwIfAborted();
  let abort: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    if (abort !== undefined) signal.removeEventListener('abort', abort);
  }
}
