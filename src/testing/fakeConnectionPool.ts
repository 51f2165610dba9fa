import { type Clock, systemClock } from '../clock.js';
import { Listeners } from '../connection/listeners.js';
import { ConfigError, PoolError, WaitError } from '../errors.js';
import { abortable, Hands } from '../pool/hands.js';
import type { GetOptions, Pool, PoolEvents } from '../pool/pool.types.js';
import type { PoolEntryStats, PoolStats } from '../pool/stats.js';

/** What the pool was asked for. */
export interface AskedOfPool {
  what: 'get' | 'restart' | 'put' | 'remove' | 'drain' | 'close';
  /** Null where it was about all. */
  name: string | null;
}

/**
 * Stands in for a pool where what is tested only uses one. It opens nothing: connections are whatever the test
 * gives it, and it hands them out until it is told to fail or to wait.
 */
export class FakeConnectionPool<Connection> implements Pool<Connection> {
  /** Everything that it was asked for, in order. */
  readonly asked: AskedOfPool[] = [];
  /** What `entries` says. A fake has no connections to read it from. */
  entries: readonly PoolEntryStats[] = [];
  readonly #servers: ReadonlyMap<string, () => Connection>;
  readonly #connections = new Map<string, Connection>();
  readonly #failures = new Map<string, unknown[]>();
  readonly #held = new Map<string, { released: Promise<void>; release(): void }>();
  readonly #hands: Hands;
  readonly #listeners = new Listeners<PoolEvents>(undefined);
  #created = 0;
  #isOpen = true;

  /** @param servers what makes the connection of each name, when it is wanted for the first time */
  constructor(servers: { readonly [name: string]: () => Connection }, { clock = systemClock as Clock } = {}) {
    this.#servers = new Map(Object.entries(servers));
    this.#hands = new Hands(clock);
  }

  // What the test does.

  /** The next `get` or `restart` of this name that comes to its turn rejects with the error. */
  failNext(name: string, error: unknown): void {
    this.#failures.set(name, [...(this.#failures.get(name) ?? []), error]);
  }

  /** Whoever wants this name waits from now on. @returns ends the wait */
  hold(name: string): () => void {
    let release: () => void = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const hold = { released, release };
    this.#held.set(name, hold);
    return () => {
      // One that was begun later goes on.
      if (this.#held.get(name) === hold) this.#held.delete(name);
      release();
    };
  }

  /** Tells the listeners. */
  tell<Name extends keyof PoolEvents>(name: Name, ...args: PoolEvents[Name]): void {
    this.#listeners.tell(name, ...args);
  }

  // What the pool does.

  get names(): readonly string[] {
    return [...new Set([...this.#servers.keys(), ...this.#connections.keys()])];
  }

  get stats(): PoolStats {
    const total = this.#connections.size;
    const none = { active: 0, connecting: 0, closing: 0, unhealthy: 0, failed: 0, evicted: 0 };
    return { ...none, total, idle: total, healthy: total, gets: this.#hands.stats, created: this.#created };
  }

  get(name: string, options?: GetOptions): Promise<Connection> {
    return this.#hand('get', name, options);
  }

  restart(name: string, options?: GetOptions): Promise<Connection> {
    return this.#hand('restart', name, options);
  }

  peek(name: string): Connection | null {
    return this.#connections.get(name) ?? null;
  }

  async put(name: string, connection: Connection): Promise<void> {
    this.asked.push({ what: 'put', name });
    this.#assertOpen();
    const [owner] = [...this.#connections].find(([other, own]) => own === connection && other !== name) ?? [];
    if (owner !== undefined)
      throw new ConfigError('connection', `the one of ${owner}`, 'one that is not in the pool');
    this.#connections.set(name, connection);
  }

  async remove(name: string): Promise<void> {
    this.asked.push({ what: 'remove', name });
    if (!this.#connections.delete(name) && !this.#servers.has(name)) throw this.#unknown(name);
  }

  async drain(): Promise<void> {
    this.#end('drain');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end('close');
  }

  on<Name extends keyof PoolEvents>(name: Name, listener: (...args: PoolEvents[Name]) => void): () => void {
    return this.#listeners.on(name, listener);
  }

  #end(what: 'drain' | 'close'): void {
    this.asked.push({ what, name: null });
    this.#isOpen = false;
    this.#connections.clear();
    this.#hands.refuse(closed());
  }

  #hand(what: 'get' | 'restart', name: string, options: GetOptions = {}): Promise<Connection> {
    return this.#hands.hand(
      options,
      (signal) => {
        this.asked.push({ what, name });
        return this.#find(name, signal);
      },
      (timeout) => new WaitError('WAIT_TIMEOUT', `${name}: not ready within ${timeout} ms`),
    );
  }

  async #find(name: string, signal: AbortSignal): Promise<Connection> {
    this.#assertOpen();
    const make = this.#servers.get(name);
    if (make === undefined && !this.#connections.has(name)) throw this.#unknown(name);
    await abortable(this.#held.get(name)?.released ?? Promise.resolve(), signal);
    const failures = this.#failures.get(name) ?? [];
    if (failures.length > 0) throw failures.shift();
    const present = this.#connections.get(name);
    if (present !== undefined) return present;
    if (make === undefined) throw this.#unknown(name);
    const connection = make();
    this.#created += 1;
    this.#connections.set(name, connection);
    return connection;
  }

  #assertOpen(): void {
    if (!this.#isOpen) throw closed();
  }

  #unknown(name: string): PoolError {
    return new PoolError('UNKNOWN_SERVER', `no server ${JSON.stringify(name)}`);
  }
}

function closed(): PoolError {
  return new PoolError('POOL_CLOSED', 'the pool is closed');
}
