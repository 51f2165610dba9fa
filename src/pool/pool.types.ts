import type { HealthStatus } from '../../machines/index.js';
import type { ConnectionManager, ServerNotification } from '../connection/ConnectionManager.js';
import type { CallRecord } from '../connection/call.types.js';
import type { StateChange } from '../connection/monitor.js';
import type { PoolEntryStats, PoolStats } from './stats.js';

export interface GetOptions {
  /** Ends the wait of this caller, and of no other. */
  signal?: AbortSignal | undefined;
  /** Milliseconds for all of it: a place, a turn, the connection, the check. Default 60 s. */
  timeout?: number | undefined;
}

/** What happens to the pool's connections, with the name of each. */
export interface PoolEvents {
  state: [name: string, change: StateChange];
  health: [name: string, health: HealthStatus | null];
  call: [name: string, call: CallRecord];
  notification: [name: string, notification: ServerNotification];
}

/** Connections by the names of their servers. */
export interface Pool<Connection = ConnectionManager> extends AsyncDisposable {
  /** The names that `get` knows. */
  readonly names: readonly string[];
  /**
   * The connection to this server, alive: heard of within `freshness`, or asked. It stays in the pool; nothing
   * has to be given back.
   *
   * @throws PoolError `UNKNOWN_SERVER`, `POOL_FULL`, `POOL_CLOSED`
   * @throws ConnectionError when it failed, or an authorization is needed
   * @throws ConfigError when `timeout` is no duration
   * @throws WaitError `WAIT_TIMEOUT` with the last failure as its cause; `SUPERSEDED` when somebody disconnected it
   * @throws the signal's reason
   */
  get(name: string, options?: GetOptions): Promise<Connection>;
  /**
   * The connection as it is, in whatever state, to look at it or to authorize it; null where none was begun, or
   * it is on its way out. It may go at any time: nobody is taken to use it who has only looked.
   */
  peek(name: string): Connection | null;
  /**
   * Puts a connection of yours into the pool, in place of the one of this name, which ends before.
   *
   * @throws PoolError `POOL_CLOSED`
   * @throws ConfigError when it is in the pool under another name
   * @throws WaitError `TERMINATED` when it is over, or on its way out of the pool
   * @throws ConnectionError `RELEASE_FAILED` when the one before would not end; then yours is not in the pool
   */
  put(name: string, connection: Connection): Promise<void>;
  /**
   * Ends the connection when its calls in flight have finished, one that is being put included. A configured
   * server is begun anew when it is wanted again.
   *
   * @throws PoolError `UNKNOWN_SERVER`
   * @throws ConnectionError `RELEASE_FAILED` when it would not end
   */
  remove(name: string): Promise<void>;
  /** A new session, now. Throws as `get`. */
  restart(name: string, options?: GetOptions): Promise<Connection>;
  readonly stats: PoolStats;
  /** Of each connection that was begun and has not gone. */
  readonly entries: readonly PoolEntryStats[];
  /**
   * Hands out nothing any more, lets calls in flight finish, ends everything. Calls get `limits.drain`, and after it
   * what each connection grants those that it still has (`timeout.drain`): the two add up.
   *
   * @throws ConnectionError `RELEASE_FAILED` naming what would not end
   */
  drain(): Promise<void>;
  /**
   * As `drain`, without `limits.drain`: calls in flight have what each connection grants them.
   *
   * @throws ConnectionError `RELEASE_FAILED` naming what would not end
   */
  [Symbol.asyncDispose](): Promise<void>;
  /** @returns unsubscribe */
  on<Name extends keyof PoolEvents>(name: Name, listener: (...args: PoolEvents[Name]) => void): () => void;
}
