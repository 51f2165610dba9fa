/** What the charts of the pool remember of what happens, as changes of their contexts. Pure. */
import type { ConnectionErrorRecord } from '../connection/connection.types.js';
import { retryDelay } from '../connection/policy.js';
import { toRecord } from '../connection/updates.js';
import type { EntryContext, EntryInput } from './pool.types.js';

type Change = Partial<EntryContext>;

export function initialEntry(input: EntryInput): EntryContext {
  return {
    ...input,
    failures: 0,
    error: null,
    restDelay: 0,
    reviewDelay: 0,
    isAwaited: false,
    isDisused: false,
  };
}

/** Whether too much time has passed since the last proof of life to hand the connection out unasked. */
export function isStale(silence: number | null, { policy }: EntryContext): boolean {
  if (policy.freshness === 'unlimited') return false;
  return silence === null || silence > policy.freshness;
}

export function recordReady(): Change {
  return { failures: 0, error: null };
}

export function recordUnended(error: unknown): Change {
  return { error: toRecord(error) };
}

/** The more openings failed in a row, the longer the wait before the next. */
export function recordFailure(
  { error, random }: { error: ConnectionErrorRecord; random: number },
  { failures, policy }: EntryContext,
): Change {
  return {
    error,
    failures: failures + 1,
    restDelay: retryDelay(policy.backoff, failures + 1, random, null),
  };
}

/** Looks again when it could have been unused for too long. */
export function planReview(unusedFor: number, { policy }: EntryContext): Change {
  if (policy.idleTimeout === 'unlimited') return {};
  return { reviewDelay: Math.max(1, policy.idleTimeout - unusedFor) };
}
