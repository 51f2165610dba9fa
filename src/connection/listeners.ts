import { messageOf } from '../errors.js';
import { escapeText } from '../escape.js';
import type { Logger } from './options.js';

/** Listeners by event name. One that throws is logged; the others are still told. */
export class Listeners<Events extends Record<keyof Events, unknown[]>> {
  readonly #logger: Logger | undefined;
  #listeners: { [Name in keyof Events]?: Set<(...args: Events[Name]) => void> } = {};

  constructor(logger: Logger | undefined) {
    this.#logger = logger;
  }

  /** @returns unsubscribe; calling it twice does nothing more */
  on<Name extends keyof Events>(name: Name, listener: (...args: Events[Name]) => void): () => void {
    // A wrapper of its own per subscription, so that the same function may listen twice.
    const own = (...args: Events[Name]) => listener(...args);
    const listeners = this.#listeners[name] ?? new Set();
    this.#listeners[name] = listeners;
    listeners.add(own);
    return () => listeners.delete(own);
  }

  has(name: keyof Events): boolean {
    return (this.#listeners[name]?.size ?? 0) > 0;
  }

  tell<Name extends keyof Events>(name: Name, ...args: Events[Name]): void {
    const listeners = this.#listeners[name];
    if (listeners === undefined) return;
    for (const listener of [...listeners]) {
      const failed = (error: unknown) =>
        logSafely(this.#logger, `a listener of '${String(name)}' threw: ${messageOf(error)}`);
      try {
        const returned: unknown = listener(...args);
        // An async function is a listener too, and nobody else awaits it.
        if (returned instanceof Promise) returned.catch(failed);
      } catch (error) {
        failed(error);
      }
    }
  }
}

/** One line for the logger, which is the embedder's code too. */
export function logSafely(logger: Logger | undefined, message: string, level: keyof Logger = 'warn'): void {
  try {
    logger?.[level](escapeText(message));
  } catch {
    // Nobody is left to tell.
  }
}
