/** What the pool charts are about. Everything in a context is plain data. Durations are milliseconds. */
import type { ConnectionErrorRecord, RetryPolicy } from '../connection/connection.types.js';

/** Stands for a live pool or one of its entries, which the actors find by it. Has nothing of its own. */
export interface PoolHandle {
  readonly poolHandle?: never;
}

export interface PoolLimits {
  /** So long calls in flight may go on while the pool drains; then they have what each connection grants. Default 30 s. */
  drain: number;
  /** So long the connections may take to end, the time that each grants its calls included. Default 60 s. */
  close: number;
}

export interface PoolInput {
  handle: PoolHandle;
  limits: PoolLimits;
}

export interface PoolContext extends PoolInput {
  /** Why connections were left behind; null while none was. */
  unclosed: string | null;
}

export type PoolCommand = { type: 'pool.drain' } | { type: 'pool.close' };

/** How the pool hands out a connection and keeps it. */
export interface EntryPolicy {
  /** So long after the last proof of life a connection is handed out unasked. Default 500 ms. */
  freshness: number | 'unlimited';
  /** So long nobody uses a connection before it is ended. Default unlimited. */
  idleTimeout: number | 'unlimited';
  /** The pace at which a connection that failed for good is tried again, when somebody wants it. */
  backoff: Pick<RetryPolicy, 'backoffStrategy' | 'jitter' | 'minDelay'>;
}

export interface EntryInput {
  name: string;
  handle: PoolHandle;
  policy: EntryPolicy;
}

export interface EntryContext extends EntryInput {
  /** Openings that failed in a row. */
  failures: number;
  /** Why the last opening failed, or it would not end; null while neither is known. */
  error: ConnectionErrorRecord | null;
  /** The wait before it may be tried again. */
  restDelay: number;
  /** The wait before the next look at whether it is used. */
  reviewDelay: number;
  /** Somebody waits while it may not be tried again. */
  isAwaited: boolean;
  /** It ends because nobody used it. */
  isDisused: boolean;
}

export type EntryCommand =
  /** Somebody wants the connection. `silence`: milliseconds since the last proof of life; null without one. */
  | { type: 'entry.want'; silence: number | null }
  /** Nobody waits for it any more. */
  | { type: 'entry.abandon' }
  /** A new session, now. */
  | { type: 'entry.restart' }
  /** It ends, for good. */
  | { type: 'entry.retire' };

/** What the connection reports. */
export type EntryFact =
  | { type: 'connection.opening' }
  | { type: 'connection.opened' }
  | { type: 'connection.proved' }
  | { type: 'connection.challenged' }
  /** `random` in [0, 1). */
  | { type: 'connection.failed'; error: ConnectionErrorRecord; random: number }
  /** Somebody disconnects it. */
  | { type: 'connection.leaving' }
  | { type: 'connection.left' }
  | { type: 'connection.ended' };

export type EntryEvent = EntryCommand | EntryFact;

/** What the chart tells the connection. */
export type EntryRequest = { type: 'open' } | { type: 'reopen' };

/** What the check found: anything that came in meanwhile is a proof of life. */
export interface CheckOutput {
  isAlive: boolean;
}

/** Whether the connection is used: milliseconds since it last was; 0 while it is. */
export interface ReviewOutput {
  unusedFor: number;
}
