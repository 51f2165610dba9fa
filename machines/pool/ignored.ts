import type { EntryCommand, EntryContext, PoolCommand, PoolContext } from './pool.types.js';

interface Ignored<Event, Context> {
  /** Path of the state, children included. */
  state: string;
  event: Event;
  /** Only where this holds; without it, always. */
  when?: { holds(context: Context): boolean; condition: string };
  reason: string;
}

const over = 'over for good';

/** Every (state, public event) pair of the pool's chart that is not taken. */
export const IGNORED_POOL_EVENTS: readonly Ignored<PoolCommand['type'], PoolContext>[] = [
  { state: 'draining', event: 'pool.drain', reason: 'already so' },
  { state: 'closing', event: 'pool.drain', reason: 'on its way out already' },
  { state: 'closing', event: 'pool.close', reason: 'already so' },
  { state: 'closed', event: 'pool.drain', reason: over },
  { state: 'closed', event: 'pool.close', reason: over },
];

const nobodyWaits = 'who waits is told when there is something to tell';
const leaving = 'retire latches';

/** Every (state, command) pair of an entry's chart that is not taken. */
export const IGNORED_ENTRY_EVENTS: readonly Ignored<EntryCommand['type'], EntryContext>[] = [
  { state: 'present.entering', event: 'entry.want', reason: 'joins those who wait already' },
  { state: 'present.entering', event: 'entry.restart', reason: 'a session of its own is on its way already' },
  { state: 'present.authorizing', event: 'entry.want', reason: 'somebody has to act first' },
  { state: 'present.vacant', event: 'entry.abandon', reason: nobodyWaits },
  { state: 'present.held', event: 'entry.abandon', reason: 'whoever comes next finds it' },
  { state: 'present.authorizing', event: 'entry.abandon', reason: nobodyWaits },
  { state: 'present.leaving', event: 'entry.abandon', reason: nobodyWaits },
  { state: 'retiring', event: 'entry.want', reason: leaving },
  { state: 'retiring', event: 'entry.abandon', reason: leaving },
  { state: 'retiring', event: 'entry.restart', reason: leaving },
  { state: 'retiring', event: 'entry.retire', reason: leaving },
  { state: 'retired', event: 'entry.want', reason: over },
  { state: 'retired', event: 'entry.abandon', reason: over },
  { state: 'retired', event: 'entry.restart', reason: over },
  { state: 'retired', event: 'entry.retire', reason: over },
];
