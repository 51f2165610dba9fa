import { type ActorRefFrom, createActor, type InspectionEvent } from 'xstate';
import type { EntryPolicy } from '../../machines/index.js';
import { type Clock, systemClock } from '../clock.js';
import { ConnectionManager } from '../connection/ConnectionManager.js';
import { chanceOf } from '../connection/chance.js';
import { Listeners, logSafely } from '../connection/listeners.js';
import type { ConnectionOptions } from '../connection/options.js';
import { Settlements } from '../connection/settlements.js';
import { ConfigError, ConnectionError, messageOf, PoolError, WaitError } from '../errors.js';
import { Admission } from './admission.js';
import { abortable, Hands } from './hands.js';
import { poolHandle, poolLogic } from './logic.js';
import { type PoolOptions, type PoolSettings, readPoolOptions } from './options.js';
import { type Handed, PoolEntry } from './PoolEntry.js';
import type { GetOptions, Pool, PoolEvents } from './pool.types.js';
import { createStartGate } from './startGate.js';
import { countEntries, entryStats, type PoolEntryStats, type PoolStats } from './stats.js';

/** How an entry is asked for its connection. */
type Ask = (entry: PoolEntry, signal: AbortSignal) => Promise<Handed>;

/** @throws ConfigError when the options cannot work, of whichever server */
export function createConnectionPool(options: PoolOptions): ConnectionPool {
  return new ConnectionPool(options);
}

/** Connections by the names of their servers. What is decided here, the charts of the pool decide. */
export class ConnectionPool implements Pool {
  /** The running chart of the pool; each entry has one of its own. */
  readonly actor: ActorRefFrom<typeof poolLogic>;
  readonly #settings: PoolSettings;
  readonly #servers: ReadonlyMap<string, ConnectionOptions>;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #inspect: ((event: InspectionEvent) => void) | undefined;
  readonly #listeners: Listeners<PoolEvents>;
  readonly #settlements = new Settlements<null>();
  readonly #entries = new Map<string, PoolEntry>();
  /** The names of the connections that are in the pool. */
  readonly #owners = new Map<ConnectionManager, string>();
  /** Names whose connection is being replaced: nobody may begin another meanwhile. */
  readonly #replacements = new Map<string, Promise<void>>();
  readonly #admission: Admission;
  readonly #hands: Hands;
  /** Of connections that were ended before all were. */
  readonly #endings: Promise<void>[] = [];
  #created = 0;
  #evicted = 0;

  constructor(options: PoolOptions) {
    const { settings, servers } = readPoolOptions(options);
    const { clock = systemClock, logger, inspect } = options;
    const gate = createStartGate(settings.maxStarts);
    this.#settings = settings;
    this.#servers = new Map([...servers].map(([name, server]) => [name, { ...server, gate }]));
    this.#clock = clock;
    this.#hands = new Hands(clock);
    this.#random = chanceOf(options.random ?? Math.random, (error) => logSafely(logger, error.message));
    this.#listeners = new Listeners(logger);
    this.#admission = new Admission(settings.maxConnections, () => {
      this.#evicted += 1;
    });
    // An inspector that throws would stop the chart for good.
    this.#inspect =
      inspect &&
      ((event) => {
        try {
          inspect(event);
        } catch (error) {
          logSafely(logger, `an inspector threw: ${messageOf(error)}`);
        }
      });
    this.actor = createActor(poolLogic, {
      input: {
        handle: poolHandle({
          settled: (signal) => this.#settled(signal),
          retireAll: () => this.#retireAll(),
        }),
        limits: settings.limits,
      },
      clock,
      ...(this.#inspect && { inspect: this.#inspect }),
    });
    this.actor.subscribe(() => {
      this.#refuseUnlessOpen();
      this.#settlements.changed(null);
    });
    this.actor.start();
  }

  get names(): readonly string[] {
    return [...new Set([...this.#servers.keys(), ...this.#entries.keys()])];
  }

  get stats(): PoolStats {
    const { total, ...counts } = countEntries(this.#entries.values());
    return { total, ...counts, gets: this.#hands.stats, created: this.#created, evicted: this.#evicted };
  }

  get entries(): readonly PoolEntryStats[] {
    return [...this.#entries.values()].map(entryStats);
  }

  get(name: string, options: GetOptions = {}): Promise<ConnectionManager> {
    return this.#hand(name, options, (entry, signal) => entry.want(signal));
  }

  peek(name: string): ConnectionManager | null {
    const entry = this.#entries.get(name);
    return entry === undefined || entry.isOver ? null : entry.manager;
  }

  restart(name: string, options: GetOptions = {}): Promise<ConnectionManager> {
    return this.#hand(name, options, (entry, signal) => entry.restart(signal));
  }

  async put(name: string, manager: ConnectionManager): Promise<void> {
    this.#assertOpen();
    if (this.#entries.get(name)?.manager === manager) return;
    this.#assertNew(manager);
    const before = this.#replacements.get(name);
    const replacing = this.#replace(name, manager, before);
    const settled = replacing.catch(() => {});
    this.#replacements.set(name, settled);
    try {
      await replacing;
    } finally {
      if (this.#replacements.get(name) === settled) this.#replacements.delete(name);
    }
  }

  async remove(name: string): Promise<void> {
    const entry = this.#entries.get(name);
    if (entry !== undefined) return entry.retire();
    if (!this.#servers.has(name)) throw this.#unknown(name);
  }

  async drain(): Promise<void> {
    return this.#leave('pool.drain');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    return this.#leave('pool.close');
  }

  on<Name extends keyof PoolEvents>(name: Name, listener: (...args: PoolEvents[Name]) => void): () => void {
    return this.#listeners.on(name, listener);
  }

  #hand(name: string, options: GetOptions, ask: Ask): Promise<ConnectionManager> {
    return this.#hands.hand(
      options,
      (signal) => this.#find(name, signal, ask),
      (timeout) => this.#late(name, timeout),
    );
  }

  async #find(name: string, signal: AbortSignal, ask: Ask): Promise<ConnectionManager> {
    for (;;) {
      this.#assertOpen();
      const replacement = this.#replacements.get(name);
      if (replacement !== undefined) {
        await abortable(replacement, signal);
        continue;
      }
      const entry = this.#entries.get(name) ?? this.#begin(name);
      const handed = entry.isOver ? 'gone' : await ask(entry, signal);
      if (handed !== 'gone') return handed;
      await abortable(entry.gone, signal);
    }
  }

  #begin(name: string): PoolEntry {
    const server = this.#servers.get(name);
    if (server === undefined) throw this.#unknown(name);
    const entry = this.#enter(name, new ConnectionManager(server));
    this.#created += 1;
    return entry;
  }

  async #replace(name: string, manager: ConnectionManager, before: Promise<void> | undefined): Promise<void> {
    await before;
    await this.#entries.get(name)?.retire();
    this.#assertOpen();
    this.#assertNew(manager);
    this.#enter(name, manager);
  }

  #policyOf(manager: ConnectionManager): EntryPolicy {
    const { freshness, idleTimeout } = this.#settings;
    const { retryPolicy, healthCheck } = manager.actor.getSnapshot().context.config;
    const { backoffStrategy, jitter, minDelay } = retryPolicy;
    return {
      // Nobody may be asked, and nothing counts as a failure.
      freshness: healthCheck === false ? 'unlimited' : freshness,
      idleTimeout,
      backoff: { backoffStrategy, jitter, minDelay },
    };
  }

  #enter(name: string, manager: ConnectionManager): PoolEntry {
    // Before anybody else is told: who asks for the connection when it moves asks an entry that has moved, too.
    const entry = new PoolEntry({
      name,
      manager,
      policy: this.#policyOf(manager),
      clock: this.#clock,
      random: this.#random,
      inspect: this.#inspect,
      admit: (waiting, signal) => this.#admission.admit(waiting, signal),
      changed: (moved) => this.#admission.changed(moved),
    });
    const unsubscribe = [
      manager.on('state', (change) => this.#listeners.tell('state', name, change)),
      manager.on('health', (health) => this.#listeners.tell('health', name, health)),
      manager.on('call', (call) => {
        this.#listeners.tell('call', name, call);
        this.#settlements.changed(null);
      }),
      manager.on('notification', (notification) => this.#listeners.tell('notification', name, notification)),
    ];
    this.#entries.set(name, entry);
    this.#owners.set(manager, name);
    void entry.gone.then(() => {
      for (const end of unsubscribe) end();
      this.#owners.delete(manager);
      if (entry.isDisused) this.#evicted += 1;
      if (this.#entries.get(name) === entry) this.#entries.delete(name);
    });
    return entry;
  }

  #assertOpen(): void {
    const closed = this.#closed();
    if (closed !== null) throw closed;
  }

  #closed(): PoolError | null {
    const { value } = this.actor.getSnapshot();
    return value === 'open' ? null : new PoolError('POOL_CLOSED', `the pool is ${value}`);
  }

  /** Nothing is handed out any more, and nobody has to wait to hear it. */
  #refuseUnlessOpen(): void {
    const closed = this.#closed();
    if (closed !== null) this.#hands.refuse(closed);
  }

  #assertNew(manager: ConnectionManager): void {
    const owner = this.#owners.get(manager);
    if (owner !== undefined) {
      throw new ConfigError('connection', `the one of ${owner}`, 'one that is not in the pool');
    }
    if (manager.state.status === 'terminated') {
      throw new WaitError('TERMINATED', `${manager.name}: terminated, and cannot be put into a pool`);
    }
  }

  #unknown(name: string): PoolError {
    const known = this.names.map((each) => JSON.stringify(each)).join(', ');
    return new PoolError(
      'UNKNOWN_SERVER',
      `no server ${JSON.stringify(name)}; there are: ${known || 'none'}`,
    );
  }

  #late(name: string, timeout: number): WaitError {
    const manager = this.#entries.get(name)?.manager;
    const failure = manager?.failure ?? null;
    const now = manager === undefined ? 'gone' : manager.state.status;
    return new WaitError('WAIT_TIMEOUT', `${name}: not ready within ${timeout} ms; now ${now}`, {
      ...(failure !== null && { cause: failure }),
    });
  }

  async #leave(type: 'pool.drain' | 'pool.close'): Promise<void> {
    if (this.actor.getSnapshot().status === 'active') this.actor.send({ type });
    await this.#settlements.until(null, () => (this.#isOver() ? { value: undefined } : null), undefined);
    const { unclosed } = this.actor.getSnapshot().context;
    if (unclosed !== null) throw new ConnectionError('RELEASE_FAILED', unclosed);
  }

  #isOver(): boolean {
    return this.actor.getSnapshot().status !== 'active';
  }

  /** What nobody uses ends at once, so that nothing is begun any more that no call waits for. */
  #settled(signal: AbortSignal): Promise<void> {
    const settle = () => {
      const entries = [...this.#entries.values()];
      for (const entry of entries.filter(({ calls, isOver }) => calls === 0 && !isOver)) {
        const ending = entry.retire();
        // Whether it ended is told when all have.
        ending.catch(() => {});
        this.#endings.push(ending);
      }
      return entries.every(({ calls }) => calls === 0) ? { value: undefined } : null;
    };
    return this.#settlements.until(null, settle, signal);
  }

  async #retireAll(): Promise<void> {
    // Entries that are put meanwhile are refused: the pool is not open any more.
    await Promise.all(this.#replacements.values());
    const last = [...this.#entries.values()].map((entry) => entry.retire());
    const endings = await Promise.allSettled([...this.#endings, ...last]);
    // One that began to end earlier is told of once.
    const failures = new Set(
      endings.filter((ending) => ending.status === 'rejected').map(({ reason }) => messageOf(reason)),
    );
    if (failures.size > 0) throw new ConnectionError('RELEASE_FAILED', [...failures].join('; '));
  }
}
