import { fromCallback } from 'xstate';
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
import { Endings } from './endings.js';

/** The chart with actors that do nothing until the walk says how they end. */
export function scriptConnection() {
  const endings = new Endings();
  const live = { sessions: 0 };
  let report: ((fact: SessionFact) => void) | null = null;

  const machine = connectionMachine.provide({
    actors: {
      turn: endings.pending<void, { handle: ConnectionHandle }>('turn'),
      probe: endings.pending<ProbeOutput, ProbeInput>('probe'),
      restore: endings.pending<void, { handle: ConnectionHandle }>('restore'),
      release: endings.pending<ReleaseOutput, { handle: ConnectionHandle }>('release'),
      authorize: endings.pending<void, { handle: ConnectionHandle }>('authorize'),
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
    end: (name: string) => endings.end(name),
    report(fact: SessionFact): void {
      if (report === null) throw new Error('no session is running');
      report(fact);
    },
  };
}
