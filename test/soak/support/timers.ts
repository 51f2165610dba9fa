/**
 * The timers of our code and of packages that run, those included that keep no process alive: Node's own list of active
 * resources leaves them out.
 */
export class Timers {
  readonly #running = new Map<unknown, string>();

  /** Watches from now on, for the rest of the process. */
  constructor() {
    const { setTimeout, setInterval, clearTimeout, clearInterval } = globalThis;
    const running = this.#running;
    const forget = (clear: (timer: NodeJS.Timeout) => void) => (timer: NodeJS.Timeout) => {
      running.delete(timer);
      clear(timer);
    };
    Object.assign(globalThis, {
      setTimeout: (callback: (...args: unknown[]) => void, delay?: number, ...args: unknown[]) => {
        const timer = setTimeout(() => {
          running.delete(timer);
          callback(...args);
        }, delay);
        if (!isOfNode()) running.set(timer, `timeout of ${delay} ms`);
        return timer;
      },
      setInterval: (callback: (...args: unknown[]) => void, delay?: number, ...args: unknown[]) => {
        const timer = setInterval(() => callback(...args), delay);
        running.set(timer, `interval of ${delay} ms`);
        return timer;
      },
      clearTimeout: forget(clearTimeout),
      clearInterval: forget(clearInterval),
    });
  }

  get running(): string[] {
    return [...this.#running.values()];
  }
}

/** The `fetch` that comes with Node has a clock of its own, which runs on for a while. */
function isOfNode(): boolean {
  return new Error('who asks?').stack?.includes('node:internal/deps/') === true;
}
