import type { ConnectionErrorRecord, HealthStatus } from '../../machines/index.js';
import type { ConnectionStatus } from '../connection/state.js';
import type { ConnectionStats } from '../connection/stats.js';
import type { PoolEntry } from './PoolEntry.js';

/** How the pool is, as plain data. */
export interface PoolStats {
  /** Connections that are there. total = idle + active + connecting + closing. */
  total: number;
  /** Those that nobody uses. */
  idle: number;
  /** With calls in flight, or somebody who waits for them. */
  active: number;
  /** On their way, for the first time or again. */
  connecting: number;
  closing: number;
  /** Of all, those whose last probe was answered. */
  healthy: number;
  /** Of all, those whose last probes were not, or that were lost and are not back. */
  unhealthy: number;
  /** Names whose connection has failed for good, and waits to be wanted again. */
  failed: number;
  gets: GetStats;
  /** Connections made. */
  created: number;
  /** Connections ended because nobody used them, or another needed the place. */
  evicted: number;
}

export interface GetStats {
  /** accepted = succeeded + failed + cancelled + waiting */
  accepted: number;
  succeeded: number;
  failed: number;
  /** Aborted by the caller. */
  cancelled: number;
  /** Now. */
  waiting: number;
}

/** How one connection of the pool is, as plain data. */
export interface PoolEntryStats {
  name: string;
  status: ConnectionStatus;
  health: HealthStatus | null;
  /** Those who wait for it, and calls that are not settled. */
  users: number;
  /** Milliseconds since a call ended, it was last handed out, or somebody waited for it; 0 while it is used. */
  unusedFor: number;
  /** Openings that failed for good, in a row. */
  failures: number;
  error: ConnectionErrorRecord | null;
  connection: ConnectionStats;
}

export function entryStats(entry: PoolEntry): PoolEntryStats {
  const { name, manager, usage } = entry;
  const { failures, error } = entry.actor.getSnapshot().context;
  return {
    name,
    status: manager.state.status,
    health: manager.health,
    users: usage.users,
    unusedFor: usage.unusedFor,
    failures,
    error,
    connection: manager.stats,
  };
}

/** Counts the entries as they are now. */
export function countEntries(entries: Iterable<PoolEntry>): Omit<PoolStats, 'gets' | 'created' | 'evicted'> {
  const count = {
    total: 0,
    idle: 0,
    active: 0,
    connecting: 0,
    closing: 0,
    healthy: 0,
    unhealthy: 0,
    failed: 0,
  };
  for (const entry of entries) {
    if (entry.isFailed) count.failed += 1;
    if (!entry.isOccupying) continue;
    count.total += 1;
    if (entry.isClosing) count.closing += 1;
    else if (entry.isConnecting) count.connecting += 1;
    else if (entry.usage.users > 0) count.active += 1;
    else count.idle += 1;
    const { health } = entry.manager;
    if (health?.status === 'healthy') count.healthy += 1;
    else if (health !== null) count.unhealthy += 1;
  }
  return count;
}
