/** How something ended that was waited for. */
export type Outcome<T> =
  | { readonly kind: 'resolved'; readonly value: T }
  | { readonly kind: 'rejected'; readonly error: unknown }
  | { readonly kind: 'hangs' };

/** Between two looks at what nobody tells of. */
const LOOK_EVERY = 15;

/** Waits for what happens, and never longer than somebody has patience. */
export class Patience {
  /** Milliseconds */
  readonly limit: number;
  readonly #signal: AbortSignal;

  constructor(limit: number, signal: AbortSignal) {
    this.limit = limit;
    this.#signal = signal;
  }

  /** How a promise ends. Rejects only when the signal fires. */
  async for<T>(promise: Promise<T>, limit = this.limit): Promise<Outcome<T>> {
    const settled = promise.then(
      (value): Outcome<T> => ({ kind: 'resolved', value }),
      (error: unknown): Outcome<T> => ({ kind: 'rejected', error }),
    );
    return this.#race(settled, limit);
  }

  /**
   * Whether something came to hold. It is looked at on each event of `watch`, and now and then. Rejects with what looking
   * threw, too.
   */
  async until(
    holds: () => boolean,
    watch?: (look: () => void) => () => void,
    limit = this.limit,
  ): Promise<boolean> {
    if (holds()) return true;
    let stop = () => {};
    const seen = new Promise<true>((resolve, reject) => {
      const look = () => {
        try {
          if (holds()) resolve(true);
        } catch (error) {
          reject(error);
        }
      };
      const timer = setInterval(look, LOOK_EVERY);
      const unwatch = watch?.(look);
      stop = () => {
        clearInterval(timer);
        unwatch?.();
      };
    });
    try {
      const outcome = await this.for(seen, limit);
      if (outcome.kind === 'rejected') throw outcome.error;
      return outcome.kind === 'resolved';
    } finally {
      stop();
    }
  }

  /** A while in which nothing should happen. */
  async quiet(milliseconds: number): Promise<void> {
    await this.for(new Promise<never>(() => {}), milliseconds);
  }

  async #race<T>(settled: Promise<Outcome<T>>, limit: number): Promise<Outcome<T>> {
    this.#signal.throwIfAborted();
    return await new Promise<Outcome<T>>((resolve, reject) => {
      const timer = setTimeout(() => finish(() => resolve({ kind: 'hangs' })), limit);
      const onabort = () => finish(() => reject(this.#signal.reason));
      const finish = (end: () => void) => {
        clearTimeout(timer);
        this.#signal.removeEventListener('abort', onabort);
        end();
      };
      this.#signal.addEventListener('abort', onabort, { once: true });
      void settled.then((outcome) => finish(() => resolve(outcome)));
    });
  }
}

/** An outcome in words. */
export function inWords({ kind, ...rest }: Outcome<unknown>, limit: number): string {
  if (kind === 'hangs') return `neither resolved nor rejected within ${limit} ms`;
  if (kind === 'resolved') return 'resolved';
  return `rejected: ${messageOf('error' in rest ? rest.error : undefined)}`;
}

/** The first line of whatever was thrown. */
export function messageOf(error: unknown): string {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  const [line = ''] = text.split('\n');
  return line.length > 200 ? `${line.slice(0, 199)}…` : line;
}
