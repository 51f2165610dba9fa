import { fromCallback, fromPromise } from 'xstate';
import {
  type CheckOutput,
  type EntryFact,
  type EntryRequest,
  type PoolHandle,
  poolEntryMachine,
  poolMachine,
  type ReviewOutput,
} from '../../../machines/index.js';

type Input = { handle: PoolHandle };

interface Ending {
  resolve(output: unknown): void;
  reject(error: unknown): void;
}

/** Actors that run until the walk says how they end. */
class Endings {
  readonly #running = new Map<string, Ending>();

  pending<Output>(name: string) {
    return fromPromise<Output, Input>(
      () =>
        new Promise<Output>((resolve, reject) => {
          this.#running.set(name, { resolve: (output) => resolve(output as Output), reject });
        }),
    );
  }

  end(name: string): Ending {
    const ending = this.#running.get(name);
    if (ending === undefined) throw new Error(`no actor '${name}' is running`);
    this.#running.delete(name);
    return ending;
  }
}

export function scriptPool() {
  const endings = new Endings();
  const machine = poolMachine.provide({
    actors: { settle: endings.pending('settle'), retireAll: endings.pending('retireAll') },
  });
  return { machine, end: (name: string) => endings.end(name) };
}

export function scriptEntry() {
  const endings = new Endings();
  const requests: EntryRequest['type'][] = [];
  let report: ((fact: EntryFact) => void) | null = null;
  const machine = poolEntryMachine.provide({
    actors: {
      connection: fromCallback<EntryRequest, Input, EntryFact>(({ receive, sendBack }) => {
        report = sendBack;
        receive(({ type }) => requests.push(type));
        return () => {
          report = null;
        };
      }),
      admit: endings.pending<void>('admit'),
      check: endings.pending<CheckOutput>('check'),
      review: endings.pending<ReviewOutput>('review'),
      retire: endings.pending<void>('retire'),
    },
  });
  return {
    machine,
    /** What the chart asked of the connection. */
    requests,
    end: (name: string) => endings.end(name),
    report(fact: EntryFact): void {
      if (report === null) throw new Error('no connection is listened to');
      report(fact);
    },
    get isListening(): boolean {
      return report !== null;
    },
  };
}
