import type { ConnectionManager } from '../connection/ConnectionManager.js';
import { ConfigError, WaitError } from '../errors.js';
import type { PoolEntry } from './PoolEntry.js';

export interface RosterOptions {
  /** The entry of a connection that comes in now. */
  make(name: string, manager: ConnectionManager): PoolEntry;
  /** @throws PoolError when nobody may come in any more */
  assertOpen(): void;
}

/** Who is in the pool, one connection for each name, and who comes in whose place. */
export class Roster {
  readonly #options: RosterOptions;
  readonly #entries = new Map<string, PoolEntry>();
  /** The names of the connections that are in the pool, or on their way in. */
  readonly #owners = new Map<ConnectionManager, string>();
  /** Names whose connection is being replaced: nobody may begin another meanwhile. */
  readonly #replacements = new Map<string, Promise<void>>();

  constructor(options: RosterOptions) {
    this.#options = options;
  }

  get names(): Iterable<string> {
    return this.#entries.keys();
  }

  get entries(): Iterable<PoolEntry> {
    return this.#entries.values();
  }

  get(name: string): PoolEntry | undefined {
    return this.#entries.get(name);
  }

  /** Resolves when what is on its way in has come in, or will not; nothing where there is none. */
  replacement(name: string): Promise<void> | undefined {
    return this.#replacements.get(name);
  }

  async replaced(): Promise<void> {
    await Promise.all(this.#replacements.values());
  }

  enter(name: string, manager: ConnectionManager): PoolEntry {
    const entry = this.#options.make(name, manager);
    this.#entries.set(name, entry);
    this.#owners.set(manager, name);
    void entry.gone.then(() => {
      this.#owners.delete(manager);
      if (this.#entries.get(name) === entry) this.#entries.delete(name);
    });
    return entry;
  }

  /** Lets a connection in, when the one of this name has ended; several come one after the other. */
  async put(name: string, manager: ConnectionManager): Promise<void> {
    if (this.#isIn(name, manager)) return;
    this.#assertFree(name, manager);
    const replacing = this.#replace(name, manager, this.#replacements.get(name));
    const settled = replacing.catch(() => {});
    this.#replacements.set(name, settled);
    try {
      await replacing;
    } finally {
      if (this.#replacements.get(name) === settled) this.#replacements.delete(name);
    }
  }

  async #replace(name: string, manager: ConnectionManager, before: Promise<void> | undefined): Promise<void> {
    await before;
    if (this.#isIn(name, manager)) return;
    // It is claimed before anything ends for it.
    this.#assertFree(name, manager);
    this.#owners.set(manager, name);
    try {
      await this.#entries.get(name)?.retire();
      this.#options.assertOpen();
      assertAlive(manager);
    } catch (error) {
      this.#owners.delete(manager);
      throw error;
    }
    // Whoever puts it here may go on using it.
    this.enter(name, manager).usage.hold();
  }

  #isIn(name: string, manager: ConnectionManager): boolean {
    const entry = this.#entries.get(name);
    return entry?.manager === manager && !entry.isOver;
  }

  #assertFree(name: string, manager: ConnectionManager): void {
    assertAlive(manager);
    const owner = this.#owners.get(manager);
    if (owner === undefined || owner === name) return;
    throw new ConfigError('connection', `the one of ${owner}`, 'one that is not in the pool');
  }
}

function assertAlive(manager: ConnectionManager): void {
  if (manager.state.status !== 'terminated') return;
  throw new WaitError('TERMINATED', `${manager.name}: terminated, and cannot be put into a pool`);
}
