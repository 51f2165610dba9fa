import { IGNORED_POOL_EVENTS, poolMachine } from '../../../machines/index.js';
import type { MachineDocument } from './machineDocument.js';

export const poolDocument: MachineDocument = {
  file: 'pool',
  machine: poolMachine,
  introduction: `Connections are handed out, and begun, in \`open\` only, and there is no way back. The connections
themselves are no children of this chart: each has an actor of its own, whose life is [the chart of an entry](entry.md).`,
  events: [
    {
      title: 'Commands',
      text: 'What may be asked of a pool as a whole. `→` target; `–` ignored on purpose.',
      types: ['pool.drain', 'pool.close'],
      rows: 'all',
    },
  ],
  delays: {
    drainTimeout: { setting: '`limits.drain`', defaultText: '30 s' },
    closeTimeout: { setting: '`limits.close`', defaultText: '60 s' },
  },
  actors: {
    settle: 'Ends what nobody uses, and waits until no call is in flight.',
    retireAll: 'Ends every connection; names those that would not end.',
  },
  sections: [],
  ignored: IGNORED_POOL_EVENTS,
};
