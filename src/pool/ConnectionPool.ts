import { type ActorRefFrom, createActor, type InspectionEvent } from 'xstate';
import type { EntryPolicy } from '../../machines/index.js';
import { type Clock, systemClock } from '../clock.js';
import { ConnectionManager } from '../connection/ConnectionManager.js';
import { chanceOf } from '../connection/chance.js';
import { Listeners, logSafely } from '../connection/listeners.js';
import type { ConnectionOptions } from '../connection/options.js';
import { Settlements } from '../connection/settlements.js';
import { ConnectionError, PoolError, WaitError } from '../errors.js';
import { Admission } from './admission.js';
import { Ending } from './ending.js';
import { abortable, Hands } from './hands.js';
import { harmless } from './inspector.js';
import { poolHandle, poolLogic } from './logic.js';
import { type PoolOptions, type PoolSettings, readPoolOptions } from './options.js';
import { type Handed, PoolEntry } from './PoolEntry.js';
import type { GetOptions, Pool, PoolEvents } from './pool.types.js';
import { Roster } from './roster.js';
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
  readonly #roster: Roster;
  readonly #admission: Admission;
  readonly #hands: Hands;
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
    this.#inspect = harmless(inspect, logger);
    this.#roster = new Roster({
      make: (name, manager) => this.#make(name, manager),
      assertOpen: () => this.#assertOpen(),
    });
    const ending = new Ending(this.#roster, this.#settlements);
    this.actor = createActor(poolLogic, {
      input: {
        handle: poolHandle(ending),
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
    return [...new Set([...this.#servers.keys(), ...this.#roster.names])];
  }

  get stats(): PoolStats {
    const { total, ...counts } = countEntries(this.#roster.entries);
    return { total, ...counts, gets: this.#hands.stats, created: this.#created, evicted: this.#evicted };
  }

  get entries(): readonly PoolEntryStats[] {
    return [...this.#roster.entries].map(entryStats);
  }

  get(name: string, options: GetOptions = {}): Promise<ConnectionManager> {
    return this.#hand(name, options, (entry, signal) => entry.want(signal));
  }

  peek(name: string): ConnectionManager | null {
    const entry = this.#roster.get(name);
    return entry === undefined || entry.isOver ? null : entry.manager;
  }

  restart(name: string, options: GetOptions = {}): Promise<ConnectionManager> {
    return this.#hand(name, options, (entry, signal) => entry.restart(signal));
  }

  async put(name: string, manager: ConnectionManager): Promise<void> {
    this.#assertOpen();
    return this.#roster.put(name, manager);
  }

  async remove(name: string): Promise<void> {
    // What is on its way in was there first.
    const replacement = this.#roster.replacement(name);
    if (replacement !== undefined) await replacement;
    const entry = this.#roster.get(name);
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
      const replacement = this.#roster.replacement(name);
      if (replacement !== undefined) {
        await abortable(replacement, signal);
        continue;
      }
      const entry = this.#roster.get(name) ?? this.#begin(name);
      const handed = entry.isOver ? 'gone' : await ask(entry, signal);
      if (handed !== 'gone') return handed;
      await abortable(entry.gone, signal);
    }
  }

  #begin(name: string): PoolEntry {
    const server = this.#servers.get(name);
    if (server === undefined) throw this.#unknown(name);
    const entry = this.#roster.enter(name, new ConnectionManager(server));
    this.#created += 1;
    return entry;
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

  #make(name: string, manager: ConnectionManager): PoolEntry {
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
    void entry.gone.then(() => {
      for (const end of unsubscribe) end();
      if (entry.isDisused) this.#evicted += 1;
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

  #unknown(name: string): PoolError {
    const known = this.names.map((each) => JSON.stringify(each)).join(', ');
    return new PoolError(
      'UNKNOWN_SERVER',
      `no server ${JSON.stringify(name)}; there are: ${known || 'none'}`,
    );
  }

  #late(name: string, timeout: number): WaitError {
    const entry = this.#roster.get(name);
    const failure = entry?.failure ?? null;
    const now = entry === undefined ? 'gone' : entry.manager.state.status;
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
}
