import { daemonMachine } from '../../../machines/index.js';
import { ConnectionError } from '../../errors.js';
import { explore, type StateGraph } from '../explore.js';

const failure = [new ConnectionError('INTERNAL_ERROR', 'it failed')];

/** All that a daemon can go through, with up to two clients at a time. */
export function walkDaemon(): StateGraph<typeof daemonMachine> {
  const limits = { start: 10_000, idle: 600_000, watch: 5_000, look: 5_000, drain: 30_000, stop: 60_000 };
  return explore(daemonMachine, {
    inputs: { defaults: { handle: {}, limits } },
    events: {
      'daemon.drain': [{ type: 'daemon.drain' }],
      'daemon.stop': [{ type: 'daemon.stop' }],
      'client.came': ({ context }) => (context.clients < 2 ? [{ type: 'client.came' }] : []),
      'client.left': ({ context }) => (context.clients > 0 ? [{ type: 'client.left' }] : []),
    },
    actors: {
      claim: { outputs: [{ isOwner: true }, { isOwner: false }], errors: failure },
      reap: { outputs: [undefined], errors: failure },
      publish: { outputs: [undefined], errors: failure },
      look: {
        outputs: [{ found: 'well' }, { found: 'superseded' }, { found: 'configChanged' }],
        errors: failure,
      },
      drain: { outputs: [undefined], errors: failure },
      stop: { outputs: [undefined], errors: failure },
    },
    serialize: ({ context }) => ({
      clients: context.clients,
      reason: context.reason,
      error: context.error !== null,
    }),
  });
}
