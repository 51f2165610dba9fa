import { fromCallback, fromPromise } from 'xstate';
import {
  type ConnectionHandle,
  connectionMachine,
  type ProbeInput,
  type ProbeOutput,
  type ReleaseOutput,
  type SessionCommand,
  type SessionFact,
  type SessionInput,
} from '../../machines/index.js';

interface Ending {
  resolve(output: unknown): void;
  reject(error: unknown): void;
}

/** The chart with actors that do nothing until the walk says how they end. */
export function scriptConnection() {
  const endings = new Map<string, Ending>();
  const live = { sessions: 0 };
  let report: ((fact: SessionFact) => void) | null = null;

  const pending = <Output>(name: string) =>
    new Promise<Output>((resolve, reject) => {
      endings.set(name, { resolve: (output) => resolve(output as Output), reject });
    });

  const machine = connectionMachine.provide({
    actors: {
      turn: fromPromise<void, { handle: ConnectionHandle }>(() => pending('turn')),
      probe: fromPromise<ProbeOutput, ProbeInput>(() => pending('probe')),
      restore: fromPromise<void, { handle: ConnectionHandle }>(() => pending('restore')),
      release: fromPromise<ReleaseOutput, { handle: ConnectionHandle }>(() => pending('release')),
      authorize: fromPromise<void, { handle: ConnectionHandle }>(() => pending('authorize')),
      session: fromCallback<SessionCommand, SessionInput>(({ sendBack }) => {
        live.sessions += 1;
        report = (fact) => sendBack(fact);
        return () => {
          live.sessions -= 1;
          report = null;
        };
      }),
    },
  });

  return {
    machine,
    live,
    /** Ends the actor of this name. */
    end(name: string): Ending {
      const ending = endings.get(name);
      if (ending === undefined) throw new Error(`no actor '${name}' is running`);
      endings.delete(name);
      return ending;
    },
    report(fact: SessionFact): void {
      if (report === null) throw new Error('no session is running');
      report(fact);
    },
  };
}
