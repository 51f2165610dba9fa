import { WaitError } from '../errors.js';
import type { ConnectionState } from './state.js';

/** One change of a connection's public state. */
export interface StateChange {
  from: ConnectionState;
  to: ConnectionState;
  /** Epoch milliseconds. */
  at: number;
  /** The event behind it, such as `session.lost`, `after connectTimeout` or `connection.connect`. */
  cause: string;
}

/** Keeps the last changes of a connection and streams the coming ones. */
export class ConnectionMonitor {
  readonly #limit: number;
  readonly #history: StateChange[] = [];
  readonly #readers = new Set<(change: StateChange | null) => void>();
  #ended = false;

  /** @param limit changes kept; 0 keeps none */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The last changes, oldest first. */
  get history(): readonly StateChange[] {
    return this.#history;
  }

  /** Used by the manager. */
  record(change: StateChange): void {
    if (this.#limit > 0) {
      if (this.#history.length === this.#limit) this.#history.shift();
      this.#history.push(change);
    }
    for (const read of [...this.#readers]) read(change);
  }

  /** Used by the manager: no change will come. */
  end(): void {
    this.#ended = true;
    for (const read of [...this.#readers]) read(null);
  }

  /**
   * The changes from now on, until the connection is terminated or the signal aborts. A reader that
   * falls more than 1,000 changes behind gets an error instead of a gap.
   */
  async *changes({ signal }: { signal?: AbortSignal | undefined } = {}): AsyncGenerator<StateChange, void> {
    const pending: StateChange[] = [];
    let over = this.#ended || signal?.aborted === true;
    let overrun = false;
    let wake: () => void = () => {};
    const read = (change: StateChange | null) => {
      if (change === null) over = true;
      else if (pending.length < READER_LIMIT) pending.push(change);
      else overrun = true;
      wake();
    };
    const abort = () => read(null);
    this.#readers.add(read);
    signal?.addEventListener('abort', abort, { once: true });
    try {
      while (true) {
        const change = pending.shift();
        if (change !== undefined) yield change;
        else if (overrun) throw new WaitError('TOO_MANY_WAITING', `more than ${READER_LIMIT} changes unread`);
        else if (over) return;
        else {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      }
    } finally {
      this.#readers.delete(read);
      signal?.removeEventListener('abort', abort);
    }
  }
}

const READER_LIMIT = 1_000;
