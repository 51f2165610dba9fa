interface Attempt<Value> {
  outcome: Promise<Value>;
  withdrawal: AbortController;
  waiting: number;
}

/** One attempt at a time, for all who want its outcome. It is withdrawn when nobody waits for it any more. */
export class SharedAttempt<Value> {
  readonly #begin: (signal: AbortSignal) => Promise<Value>;
  #current: Attempt<Value> | null = null;

  constructor(begin: (signal: AbortSignal) => Promise<Value>) {
    this.#begin = begin;
  }

  /**
   * Waits for the attempt under way, or begins one.
   *
   * @throws the signal's reason; whatever the attempt rejects with
   */
  join(signal: AbortSignal): Promise<Value> {
    signal.throwIfAborted();
    this.#current ??= this.#start();
    const attempt = this.#current;
    attempt.waiting += 1;
    return new Promise((resolve, reject) => {
      const onabort = () => {
        attempt.waiting -= 1;
        if (attempt.waiting === 0) {
          this.#forget(attempt);
          attempt.withdrawal.abort(signal.reason);
        }
        reject(signal.reason);
      };
      signal.addEventListener('abort', onabort, { once: true });
      const settled = () => signal.removeEventListener('abort', onabort);
      attempt.outcome.finally(settled).then(resolve, reject);
    });
  }

  /** Ends the attempt under way, for everybody. */
  withdraw(reason: unknown): void {
    this.#current?.withdrawal.abort(reason);
  }

  #start(): Attempt<Value> {
    const withdrawal = new AbortController();
    const outcome = this.#begin(withdrawal.signal);
    const attempt = { outcome, withdrawal, waiting: 0 };
    const forget = () => this.#forget(attempt);
    outcome.then(forget, forget);
    return attempt;
  }

  #forget(attempt: Attempt<Value>): void {
    if (this.#current === attempt) this.#current = null;
  }
}
