import { fromPromise } from 'xstate';

export interface Ending {
  resolve(output: unknown): void;
  reject(error: unknown): void;
}

/** Promise actors that run until a walk says how they end. */
export class Endings {
  readonly #running = new Map<string, Ending>();
  /** What each was started with the last time. */
  readonly inputs = new Map<string, unknown>();

  pending<Output, Input>(name: string) {
    return fromPromise<Output, Input & {}>(({ input }) => {
      this.inputs.set(name, input);
      return new Promise<Output>((resolve, reject) => {
        this.#running.set(name, { resolve: (output) => resolve(output as Output), reject });
      });
    });
  }

  /** @throws Error when no actor of this name is running */
  end(name: string): Ending {
    const ending = this.#running.get(name);
    if (ending === undefined) throw new Error(`no actor '${name}' is running`);
    this.#running.delete(name);
    return ending;
  }
}
