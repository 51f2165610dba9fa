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

  /** The last changes, oldest first, as they are now. */
  get history(): readonly StateChange[] {
    return [...this.#history];
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
  changes({ signal }: { signal?: AbortSignal | undefined } = {}): AsyncGenerator<StateChange, void> {
    const reader = new Reader();
    const leave = () => {
      this.#readers.delete(reader.read);
      signal?.removeEventListener('abort', leave);
      reader.read(null);
    };
    this.#readers.add(reader.read);
    signal?.addEventListener('abort', leave, { once: true });
    if (this.#ended || signal?.aborted) leave();
    return reader.stream(leave);
  }
}

/** One who reads changes at its own pace. It listens from the start, not from the first read. */
class Reader {
  readonly #pending: StateChange[] = [];
  #isOver = false;
  #isOverrun = false;
  #wake: () => void = () => {};

  /** Takes the next change, or null: no more will come. */
  readonly read = (change: StateChange | null): void => {
    if (change === null) this.#isOver = true;
    else if (this.#pending.length < READER_LIMIT) this.#pending.push(change);
    else this.#isOverrun = true;
    this.#wake();
  };

  /** @param leave called when the stream ends or is left */
  stream(leave: () => void): AsyncGenerator<StateChange, void> {
    const changes = this.#changes(leave);
    const finish = changes.return.bind(changes);
    // A generator runs no code of its own when it is left before its first read, or in the middle of one.
    changes.return = (value) => {
      leave();
      return finish(value);
    };
    return changes;
  }

  async *#changes(leave: () => void): AsyncGenerator<StateChange, void> {
    try {
      while (true) {
        const change = this.#pending.shift();
        if (change !== undefined) yield change;
        else if (this.#isOverrun) {
          throw new WaitError('TOO_MANY_WAITING', `more than ${READER_LIMIT} changes unread`);
        } else if (this.#isOver) return;
        else {
          await new Promise<void>((resolve) => {
            this.#wake = resolve;
          });
        }
      }
    } finally {
      leave();
    }
  }
}

const READER_LIMIT = 1_000;
