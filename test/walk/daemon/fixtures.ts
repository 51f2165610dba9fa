/** What the walks over the daemon's chart are made of. */
import { type DaemonInput, daemonMachine } from '../../../machines/index.js';
import { ConnectionError } from '../../../src/errors.js';
import { type ActorFixtures, type EventFixtures, explore } from '../../../src/graph/index.js';

/** No two delays are alike, so that a clock can tell the timers apart. */
const limits: DaemonInput['limits'] = {
  start: 10_007,
  idle: 600_011,
  watch: 5_003,
  look: 5_009,
  drain: 30_011,
  stop: 60_013,
};

export const LIMITS = {
  normal: limits,
  'never idle': { ...limits, idle: 'unlimited' },
} satisfies { [name: string]: DaemonInput['limits'] };

export type LimitsName = keyof typeof LIMITS;

export const daemonInput = (name: LimitsName): DaemonInput => ({ handle: {}, limits: LIMITS[name] });

export const daemonEvents: EventFixtures<typeof daemonMachine> = {
  'daemon.drain': [{ type: 'daemon.drain' }],
  'daemon.stop': [{ type: 'daemon.stop' }],
  'client.came': ({ context }) => (context.clients < 2 ? [{ type: 'client.came' }] : []),
  'client.left': ({ context }) => (context.clients > 0 ? [{ type: 'client.left' }] : []),
};

const failure = [new ConnectionError('INTERNAL_ERROR', 'it failed')];

const daemonActors: ActorFixtures<typeof daemonMachine> = {
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

export const daemonGraph = explore(daemonMachine, {
  inputs: { normal: daemonInput('normal'), 'never idle': daemonInput('never idle') },
  events: daemonEvents,
  actors: daemonActors,
  serialize: ({ context }) => ({
    clients: context.clients,
    reason: context.reason,
    error: context.error !== null,
  }),
  limit: 20_000,
});
