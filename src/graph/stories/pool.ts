import type { SnapshotFrom } from 'xstate';
import { DEFAULT_CONFIG, poolEntryMachine, poolMachine } from '../../../machines/index.js';
import { ConnectionError } from '../../errors.js';
import { explore, type StateGraph } from '../explore.js';
import type { ActorFixtures, EventFixtures } from '../fixtures.js';

const failure = [new ConnectionError('TRANSPORT_FAILED', 'it failed')];

export const poolEvents: EventFixtures<typeof poolMachine> = {
  'pool.drain': [{ type: 'pool.drain' }],
  'pool.close': [{ type: 'pool.close' }],
};

export const poolActors: ActorFixtures<typeof poolMachine> = {
  settle: { outputs: [undefined], errors: failure },
  retireAll: { outputs: [undefined], errors: failure },
};

/** All that a pool can go through. */
export function walkPool(): StateGraph<typeof poolMachine> {
  return explore(poolMachine, {
    inputs: { defaults: { handle: {}, limits: { drain: 30_000, close: 60_000 } } },
    events: poolEvents,
    actors: poolActors,
    serialize: ({ context }) => context.unclosed,
  });
}

type EntrySnapshot = SnapshotFrom<typeof poolEntryMachine>;

/** The connection reports while somebody listens. */
const present =
  <Fact>(...facts: Fact[]) =>
  (snapshot: EntrySnapshot) =>
    snapshot.children.connection === undefined ? [] : facts;

/** @param freshness milliseconds; a connection may have been silent for so long, or for longer */
export function entryEvents(freshness: number): EventFixtures<typeof poolEntryMachine> {
  return {
    'entry.want': [
      { type: 'entry.want', silence: null },
      { type: 'entry.want', silence: freshness },
      { type: 'entry.want', silence: freshness + 1 },
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
}

/** @param unusedFor milliseconds, as a review finds where nobody used it for too long */
export function entryActors(unusedFor: number): ActorFixtures<typeof poolEntryMachine> {
  return {
    connection: {
      outputs: [],
      // Only where it starts can it throw.
      errors: (snapshot) => (snapshot.matches({ present: 'vacant' }) ? failure : []),
    },
    admit: { outputs: [undefined], errors: failure },
    check: { outputs: [{ isAlive: true }, { isAlive: false }], errors: failure },
    review: { outputs: [{ unusedFor: 0 }, { unusedFor }], errors: failure },
    retire: { outputs: [undefined], errors: failure },
  };
}

/** All that an entry of a pool can go through. */
export function walkPoolEntry(): StateGraph<typeof poolEntryMachine> {
  const { backoffStrategy, jitter, minDelay } = DEFAULT_CONFIG.retryPolicy;
  const freshness = 500;
  const idleTimeout = 300_000;
  const policy = { freshness, idleTimeout, backoff: { backoffStrategy, jitter, minDelay } };
  return explore(poolEntryMachine, {
    inputs: { [`idleTimeout: ${idleTimeout}`]: { name: 'server', handle: {}, policy } },
    events: entryEvents(freshness),
    actors: entryActors(idleTimeout),
    serialize: entryEssence,
  });
}

/** What of the context the chart's decisions depend on. */
export function entryEssence({ context }: EntrySnapshot): unknown {
  return {
    isAwaited: context.isAwaited,
    failures: Math.min(context.failures, 2),
    error: context.error !== null,
  };
}
