import {
  type ClaimOutput,
  type DaemonHandle,
  daemonMachine,
  type LookOutput,
} from '../../../machines/index.js';
import { Endings } from '../endings.js';

/** The daemon's chart with actors that do nothing until it is said how they end. */
export function scriptDaemon() {
  const endings = new Endings();
  const pending = <Output>(name: string) => endings.pending<Output, { handle: DaemonHandle }>(name);
  const machine = daemonMachine.provide({
    actors: {
      claim: pending<ClaimOutput>('claim'),
      reap: pending<void>('reap'),
      publish: pending<void>('publish'),
      look: pending<LookOutput>('look'),
      drain: pending<void>('drain'),
      stop: pending<void>('stop'),
    },
  });
  return { machine, endings };
}
