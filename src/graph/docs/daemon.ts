import { daemonMachine, IGNORED_DAEMON_EVENTS } from '../../../machines/index.js';
import type { MachineDocument } from './machineDocument.js';

export const daemonDocument: MachineDocument = {
  file: 'daemon',
  machine: daemonMachine,
  introduction: `There is one daemon at a time for a user, a configuration and a version: whoever finds the place taken leaves
at once. It takes its socket away before it finishes what it accepted, so whoever comes then starts the next one. What it
promises to commands stands in [the daemon](../daemon.md).`,
  events: [
    {
      title: 'Commands',
      text: 'By a signal, or by a client. `→` target; `–` ignored on purpose.',
      types: ['daemon.drain', 'daemon.stop'],
      rows: 'all',
    },
    {
      title: 'Clients',
      text: 'What the socket reports. `→` target; `–` ignored on purpose.',
      types: ['client.came', 'client.left'],
      rows: 'all',
    },
  ],
  delays: {
    startTimeout: { setting: '`start`', defaultText: '10 s' },
    arrivalTimeout: { setting: '`idle`, but at least `start`', defaultText: '10 min' },
    idleTimeout: { setting: '`idle`: `MCP_LIFELINE_IDLE_TIMEOUT`', defaultText: '10 min' },
    watchInterval: { setting: '`watch`', defaultText: '5 s' },
    lookTimeout: { setting: '`look`', defaultText: '5 s' },
    drainTimeout: { setting: '`drain`', defaultText: '30 s' },
    stopTimeout: { setting: '`stop`', defaultText: '60 s' },
  },
  actors: {
    claim:
      'Takes the lock, unless a living process has it. A process that is nothing but a daemon has taken it before the chart begins: of many that are started at once, the others end before they have loaded it.',
    reap: 'Ends the processes that a crashed daemon recorded or was about to, where they are still the same.',
    publish: 'Makes the pool and the token, listens, and gives the socket its name.',
    look: 'Looks whether socket and lock are its own, and the configuration and the version are the same.',
    drain: 'Takes the socket away, and waits until no request is in work.',
    stop: 'Ends every connection, and gives the lock back.',
  },
  sections: [],
  ignored: IGNORED_DAEMON_EVENTS,
};
