import { daemonMachine } from '../../../machines/index.js';
import { ConnectionError } from '../../errors.js';
import { explore, type StateGraph } from '../explore.js';
import type { ActorFixtures, EventFixtures } from '../fixtures.js';
import type { SnapshotOf } from '../snapshots.js';

const failure = [new ConnectionError('INTERNAL_ERROR', 'it failed')];

/** Up to two clients at a time. */
export const daemonEvents: EventFixtures<typeof daemonMachine> = {
  'daemon.drain': [{ type: 'daemon.drain' }],
  'daemon.stop': [{ type: 'daemon.stop' }],
  'client.came': ({ context }) => (context.clients < 2 ? [{ type: 'client.came' }] : []),
  'client.left': ({ context }) => (context.clients > 0 ? [{ type: 'client.left' }] : []),
};

export const daemonActors: ActorFixtures<typeof daemonMachine> = {
  claim: { outputs: [{ isOwner: true }, { isOwner: false }], errors: failure },
  reap: { outputs: [undefined], errors: failure },
  publish: { outputs: [undefined], errors: failure },
  look: {
    outputs: [{ found: 'well' }, { found: 'superseded' }, { found: 'configChanged' }],
    errors: failure,
  },
  drain: { outputs: [undefined], errors: failure },
  stop: { outputs: [undefined], errors: failure },
};

/** What of the context the chart's decisions depend on. */
export function daemonEssence({ context }: SnapshotOf<typeof daemonMachine>): unknown {
  return { clients: context.clients, reason: context.reason, error: context.error !== null };
}

/** All that a daemon can go through. */
export function walkDaemon(): StateGraph<typeof daemonMachine> {
  const limits = { start: 10_000, idle: 600_000, watch: 5_000, look: 5_000, drain: 30_000, stop: 60_000 };
  return explore(daemonMachine, {
    inputs: { defaults: { handle: {}, limits } },
    events: daemonEvents,
    actors: daemonActors,
    serialize: daemonEssence,
  });
}
