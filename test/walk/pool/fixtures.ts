/** What the walks over the charts of the pool are made of. */
import type { SnapshotFrom } from 'xstate';
import {
  DEFAULT_CONFIG,
  type EntryInput,
  type EntryPolicy,
  type PoolInput,
  poolEntryMachine,
  poolMachine,
} from '../../../machines/index.js';
import { ConnectionError } from '../../../src/errors.js';
import { type ActorFixtures, type EventFixtures, explore } from '../../../src/graph/index.js';
import { entryEssence } from '../../../src/graph/stories/pool.js';

type EntrySnapshot = SnapshotFrom<typeof poolEntryMachine>;

const failure = [new ConnectionError('TRANSPORT_FAILED', 'it failed')];

export const POOL_INPUT: PoolInput = { handle: {}, limits: { drain: 30_011, close: 60_013 } };

export const poolEvents: EventFixtures<typeof poolMachine> = {
  'pool.drain': [{ type: 'pool.drain' }],
  'pool.close': [{ type: 'pool.close' }],
};

const poolActors: ActorFixtures<typeof poolMachine> = {
  settle: { outputs: [undefined], errors: failure },
  retireAll: { outputs: [undefined], errors: failure },
};

export const poolGraph = explore(poolMachine, {
  inputs: { normal: POOL_INPUT },
  events: poolEvents,
  actors: poolActors,
  serialize: ({ context }) => context.unclosed,
  limit: 1_000,
});

/** What a review finds where nobody used it for too long. */
export const UNUSED = 300_007;

const { backoffStrategy, jitter, minDelay } = DEFAULT_CONFIG.retryPolicy;
const policy: EntryPolicy = {
  freshness: 503,
  idleTimeout: UNUSED,
  backoff: { backoffStrategy, jitter, minDelay },
};

export const POLICIES = {
  normal: policy,
  'no limit': { ...policy, freshness: 'unlimited', idleTimeout: 'unlimited' },
} satisfies { [name: string]: EntryPolicy };

export type PolicyName = keyof typeof POLICIES;

export function entryInput(name: PolicyName): EntryInput {
  return { name: 'walked', handle: {}, policy: POLICIES[name] };
}

/** What the connection reports, it reports while somebody listens. */
const present =
  <Fact>(...facts: Fact[]) =>
  (snapshot: EntrySnapshot) =>
    snapshot.children.connection === undefined ? [] : facts;

export const entryEvents: EventFixtures<typeof poolEntryMachine> = {
  'entry.want': [
    { type: 'entry.want', silence: null },
    { type: 'entry.want', silence: 503 },
    { type: 'entry.want', silence: 504 },
  ],
  'entry.abandon': [{ type: 'entry.abandon' }],
  'entry.restart': [{ type: 'entry.restart' }],
  'entry.retire': [{ type: 'entry.retire' }],
  'connection.opening': present({ type: 'connection.opening' }),
  'connection.opened': present({ type: 'connection.opened' }),
  'connection.proved': present({ type: 'connection.proved' }),
  'connection.challenged': present({ type: 'connection.challenged' }),
  'connection.failed': present({
    type: 'connection.failed',
    error: { code: 'PROCESS_EXITED', message: 'it is gone' },
    random: 0.5,
  }),
  'connection.leaving': present({ type: 'connection.leaving' }),
  'connection.left': present({ type: 'connection.left' }),
  'connection.ended': present({ type: 'connection.ended' }),
};

const entryActors: ActorFixtures<typeof poolEntryMachine> = {
  connection: {
    outputs: [],
    // Only where it starts can it throw.
    errors: ({ value }) => (JSON.stringify(value) === '{"present":"vacant"}' ? failure : []),
  },
  admit: { outputs: [undefined], errors: failure },
  check: { outputs: [{ isAlive: true }, { isAlive: false }], errors: failure },
  review: { outputs: [{ unusedFor: 0 }, { unusedFor: UNUSED }], errors: failure },
  retire: { outputs: [undefined], errors: failure },
};

export const entryGraph = explore(poolEntryMachine, {
  inputs: { normal: entryInput('normal'), 'no limit': entryInput('no limit') },
  events: entryEvents,
  actors: entryActors,
  serialize: entryEssence,
  limit: 20_000,
});

/** The state within `present`, and of what is held what may be done with it. */
function stateOf({ value }: EntrySnapshot): string {
  if (typeof value === 'string') return value;
  return typeof value.present === 'string' ? value.present : value.present.held.link;
}

/** A look at how long it was unused is over before anything else happens to the connection. */
const isReviewing = (snapshot: EntrySnapshot) =>
  snapshot.matches({ present: { held: { use: 'reviewing' } } });

const within =
  <Event>(events: Event[], ...states: string[]) =>
  (snapshot: EntrySnapshot) =>
    states.includes(stateOf(snapshot)) && !isReviewing(snapshot) ? events : [];

const live = ['opening', 'authorizing', 'ready', 'checking', 'recovering', 'leaving', 'backingOff'];

/** What the real connection can report, where the entry stands, without anything else happening before. */
export const reportedGraph = explore(poolEntryMachine, {
  inputs: { normal: entryInput('normal'), 'no limit': entryInput('no limit') },
  events: {
    ...entryEvents,
    'entry.want': [
      { type: 'entry.want', silence: 503 },
      { type: 'entry.want', silence: 504 },
    ],
    // It says so of those who wait.
    'entry.abandon': (snapshot) =>
      snapshot.hasTag('entering') || snapshot.context.isAwaited ? [{ type: 'entry.abandon' as const }] : [],
    'connection.opening': within([{ type: 'connection.opening' }], 'vacant', 'entering', ...live),
    'connection.opened': within([{ type: 'connection.opened' }], 'opening'),
    'connection.proved': within([{ type: 'connection.proved' }], 'recovering'),
    'connection.challenged': within([{ type: 'connection.challenged' }], 'opening', 'authorizing'),
    'connection.failed': within(
      [
        {
          type: 'connection.failed',
          error: { code: 'SPAWN_FAILED', message: 'it is gone' },
          random: 0.5,
        },
      ],
      'opening',
    ),
    'connection.leaving': within(
      [{ type: 'connection.leaving' }],
      'opening',
      'ready',
      'checking',
      'recovering',
    ),
    'connection.left': within(
      [{ type: 'connection.left' }],
      'opening',
      'authorizing',
      'leaving',
      'backingOff',
    ),
    'connection.ended': within(
      [{ type: 'connection.ended' }],
      ...['vacant', 'entering', 'opening', 'authorizing', 'leaving', 'backingOff'],
    ),
  },
  actors: {
    connection: { outputs: [], errors: [] },
    admit: { outputs: [undefined], errors: failure },
    check: {
      outputs: (snapshot) => (isReviewing(snapshot) ? [] : [{ isAlive: true }, { isAlive: false }]),
      errors: [],
    },
    review: { outputs: [{ unusedFor: 0 }, { unusedFor: UNUSED }], errors: [] },
    retire: { outputs: [undefined], errors: [] },
  },
  serialize: entryEssence,
  limit: 20_000,
});
