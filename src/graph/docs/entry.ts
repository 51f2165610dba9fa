import { IGNORED_ENTRY_EVENTS, poolEntryMachine } from '../../../machines/index.js';
import type { MachineDocument } from './machineDocument.js';

export const entryDocument: MachineDocument = {
  file: 'entry',
  machine: poolEntryMachine,
  introduction: `The life of one connection in [a pool](pool.md), seen from those who want it. What the connection itself
goes through is [its own chart](connection.md); here it only reports. It is handed out in \`ready\`, and nowhere else.`,
  events: [
    {
      title: 'Commands',
      text: 'What may be asked of an entry. `→` target; `↻` entered again; `/` stays, and acts; `↑` an outer state answers; `–` ignored on purpose.',
      types: ['entry.want', 'entry.abandon', 'entry.restart', 'entry.retire'],
      rows: 'all',
    },
    {
      title: 'Facts',
      text: 'What the connection reports. Only states that answer one themselves are listed.',
      types: [
        'connection.opening',
        'connection.opened',
        'connection.proved',
        'connection.challenged',
        'connection.failed',
        'connection.leaving',
        'connection.left',
        'connection.ended',
      ],
      rows: 'answering',
    },
  ],
  delays: {
    restDelay: {
      setting: '`retryPolicy.backoffStrategy`',
      defaultText: 'as between the attempts of a connection',
    },
    reviewDelay: { setting: '`idleTimeout`', defaultText: 'unlimited' },
  },
  actors: {
    connection: 'Reports what the connection does, and tells it to open.',
    admit:
      'Waits for a place in the pool (`maxConnections`), for which the idle one that was used least recently may go.',
    check: 'Asks the server, once for all who wait, and looks for a proof of life from since then.',
    review: 'Looks at how long nobody has used it.',
    retire: 'Ends the connection: calls in flight finish before.',
  },
  sections: [],
  ignored: IGNORED_ENTRY_EVENTS,
};
