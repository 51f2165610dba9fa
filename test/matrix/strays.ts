/** Everything that reached the process instead of somebody who waits for it. */
export class Strays {
  readonly #caught: string[] = [];
  readonly #listeners = {
    uncaughtExceptionMonitor: (error: unknown) => this.#add('uncaught exception', error),
    unhandledRejection: (error: unknown) => this.#add('unhandled rejection', error),
    warning: (error: unknown) => this.#add('warning', error),
  };

  constructor() {
    for (const [event, listener] of Object.entries(this.#listeners)) process.on(event, listener);
  }

  /** Ends the watch; what it has caught. */
  end(): string[] {
    for (const [event, listener] of Object.entries(this.#listeners)) process.off(event, listener);
    return this.#caught;
  }

  #add(kind: string, error: unknown): void {
    this.#caught.push(`${kind}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  }
}
