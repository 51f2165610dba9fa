import { messageOf } from './Patience.js';

/** Something that the subject was asked, and what became of it. */
export interface Asked {
  /** `call 2`, `connect 1` */
  readonly name: string;
  /** Never rejects. */
  readonly settled: Promise<void>;
  /** Undefined as long as it is neither resolved nor rejected. */
  outcome: { readonly isDone: boolean; readonly text: string; readonly value?: unknown } | undefined;
}

export interface AskedCall extends Asked {
  readonly key: string;
  readonly repeatable: boolean;
}

/** Follows what was asked. What is thrown at once is as good as rejected. */
export function follow<TFacts extends object>(
  name: string,
  ask: () => unknown,
  facts: TFacts,
): Asked & TFacts {
  const asked: { outcome: Asked['outcome'] } = { outcome: undefined };
  const settled = Promise.resolve()
    .then(ask)
    .then(
      (value) => {
        const isError = isErrorAnswer(value);
        asked.outcome = isError
          ? { isDone: false, text: 'resolved with an error as its answer' }
          : { isDone: true, text: 'resolved', value };
      },
      (error: unknown) => {
        asked.outcome = { isDone: false, text: `rejected: ${messageOf(error)}` };
      },
    );
  return Object.assign(asked, { name, settled, ...facts });
}

function isErrorAnswer(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'isError' in value && value.isError === true;
}
