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
import { explore } from '../../../src/graph/index.js';
import {
  entryActors,
  entryEssence,
  entryEvents,
  poolActors,
  poolEvents,
} from '../../../src/graph/stories/pool.js';

type EntrySnapshot = SnapshotFrom<typeof poolEntryMachine>;

const failure = [new ConnectionError('TRANSPORT_FAILED', 'it failed')];

export const POOL_INPUT: PoolInput = { handle: {}, limits: { drain: 30_011, close: 60_013 } };

export const poolGraph = explore(poolMachine, {
  inputs: { normal: POOL_INPUT },
  events: poolEvents,
  actors: poolActors,
  serialize: ({ context }) => context.unclosed,
  limit: 1_000,
});

const FRESHNESS = 503;
/** What a review finds where nobody used it for too long. */
export const UNUSED = 300_007;

const { backoffStrategy, jitter, minDelay } = DEFAULT_CONFIG.retryPolicy;
const policy: EntryPolicy = {
  freshness: FRESHNESS,
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

export const walkedEvents = entryEvents(FRESHNESS);

export const entryGraph = explore(poolEntryMachine, {
  inputs: { normal: entryInput('normal'), 'no limit': entryInput('no limit') },
  events: walkedEvents,
  actors: entryActors(UNUSED),
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
    ...walkedEvents,
    'entry.want': [
      { type: 'entry.want', silence: FRESHNESS },
      { type: 'entry.want', silence: FRESHNESS + 1 },
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
