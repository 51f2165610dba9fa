import { fromCallback } from 'xstate';
import {
  type CheckOutput,
  type EntryFact,
  type EntryRequest,
  type PoolHandle,
  poolEntryMachine,
  poolMachine,
  type ReviewOutput,
} from '../../../machines/index.js';
import { Endings } from '../endings.js';

type Input = { handle: PoolHandle };

export function scriptPool() {
  const endings = new Endings();
  const machine = poolMachine.provide({
    actors: {
      settle: endings.pending<void, Input>('settle'),
      retireAll: endings.pending<void, Input>('retireAll'),
    },
  });
  return { machine, inputs: endings.inputs, end: (name: string) => endings.end(name) };
}

export function scriptEntry() {
  const endings = new Endings();
  const requests: EntryRequest['type'][] = [];
  let report: ((fact: EntryFact) => void) | null = null;
  const machine = poolEntryMachine.provide({
    actors: {
      connection: fromCallback<EntryRequest, Input, EntryFact>(({ input, receive, sendBack }) => {
        endings.inputs.set('connection', input);
        report = sendBack;
        receive(({ type }) => requests.push(type));
        return () => {
          report = null;
        };
      }),
      admit: endings.pending<void, Input>('admit'),
      check: endings.pending<CheckOutput, Input>('check'),
      review: endings.pending<ReviewOutput, Input>('review'),
      retire: endings.pending<void, Input>('retire'),
    },
  });
  return {
    machine,
    /** What the chart asked of the connection. */
    requests,
    inputs: endings.inputs,
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
