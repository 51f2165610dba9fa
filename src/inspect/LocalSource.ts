import { type Clock, systemClock } from '../clock.js';
import type { ConnectionManager } from '../connection/ConnectionManager.js';
import { ConfigError } from '../errors.js';
import type { Pool } from '../pool/pool.types.js';
import { createRedactor } from '../redact.js';
import { act } from './act.js';
import { Feed } from './Feed.js';
import type { ActionOutcome, Fault, InspectionAction, InspectionFrame } from './frames.types.js';
import type { InspectionFeed, InspectionSource } from './InspectionSource.types.js';
import { Recorder } from './Recorder.js';
import { detailOf, restingRow, rowOf, type Show, showWith, wasUsed } from './views.js';

export interface LocalSourceOptions {
  /** Looked at from the start; each of another name. */
  managers?: Iterable<ConnectionManager> | undefined;
  /** All of its connections, those included that are begun later. */
  pool?: Pick<Pool, 'names' | 'peek' | 'on'> | undefined;
  /** Of further servers, which are not in the pool as they are; to be told that they are there. Default: none */
  names?: readonly string[] | undefined;
  /** Why a server cannot be used at all; null where it can. Default: all can */
  faultOf?: ((name: string) => Fault | null) | undefined;
  /** Values that must not be seen, beside those that each connection keeps to itself. */
  secrets?: readonly string[] | undefined;
  clock?: Clock | undefined;
}

/** The connections of this process, looked at as long as it is open. Closing it does nothing to them. */
export class LocalSource implements InspectionSource {
  readonly #pool: LocalSourceOptions['pool'];
  readonly #names: readonly string[];
  readonly #faultOf: (name: string) => Fault | null;
  readonly #show: Show;
  readonly #clock: Clock;
  readonly #recorders = new Map<string, Recorder>();
  readonly #feeds = new Set<Feed>();
  readonly #unsubscribe: (() => void)[] = [];
  #isClosed = false;

  /** @throws ConfigError when two managers have the same name */
  constructor(options: LocalSourceOptions = {}) {
    const { managers = [], pool, names = [], faultOf, secrets = [], clock = systemClock } = options;
    this.#pool = pool;
    this.#names = names;
    this.#faultOf = faultOf ?? (() => null);
    this.#show = showWith(createRedactor(secrets));
    this.#clock = clock;
    for (const manager of differing(managers)) this.attach(manager);
    if (pool === undefined) return;
    for (const name of pool.names) this.#look(name);
    this.#unsubscribe.push(
      pool.on('state', (name) => this.#look(name)),
      pool.on('health', (name) => this.#look(name)),
    );
  }

  /**
   * Looks at one more connection, in place of one of the same name; at none once it is closed.
   *
   * @returns has it looked at no more
   */
  attach(manager: ConnectionManager): () => void {
    if (this.#isClosed) return () => {};
    this.#record(manager.name, manager);
    return () => {
      if (this.#recorders.get(manager.name)?.manager === manager) this.#forget(manager.name);
    };
  }

  open(listener: (frame: InspectionFrame) => void): InspectionFeed {
    const feed: Feed = new Feed({
      clock: this.#clock,
      listener,
      names: () => new Set([...this.#names, ...(this.#pool?.names ?? []), ...this.#recorders.keys()]),
      row: (name) => this.#row(name),
      detail: (name) => {
        const recorder = this.#recorders.get(name);
        return recorder === undefined ? null : detailOf(name, recorder, this.#show);
      },
      closed: () => this.#feeds.delete(feed),
    });
    if (this.#isClosed) feed.end();
    else this.#feeds.add(feed);
    return feed;
  }

  async act(
    action: InspectionAction,
    name: string,
    { signal = new AbortController().signal }: { signal?: AbortSignal } = {},
  ): Promise<ActionOutcome> {
    const manager = this.#manager(name);
    // Nothing is started from here: whoever looks is not taken to use a server.
    const isFirstUse = action === 'reconnect' && manager !== null && !wasUsed(manager);
    if (manager !== null && !isFirstUse) return act(action, manager, signal, this.#show);
    const text = this.#row(name) === null ? 'there is no such connection' : 'nobody has used it yet';
    return { isDone: false, text };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    for (const unsubscribe of this.#unsubscribe.splice(0)) unsubscribe();
    for (const feed of [...this.#feeds]) feed.end();
    for (const recorder of this.#recorders.values()) recorder.end();
    this.#recorders.clear();
  }

  #manager(name: string): ConnectionManager | null {
    if (this.#pool?.names.includes(name) === true) return this.#pool.peek(name);
    return this.#recorders.get(name)?.manager ?? null;
  }

  #row(name: string) {
    const recorder = this.#recorders.get(name);
    if (recorder !== undefined && recorder.manager.state.status !== 'terminated') {
      return rowOf(name, recorder, this.#show);
    }
    if (this.#names.includes(name) || this.#pool?.names.includes(name) === true)
      return restingRow(name, this.#faultOf(name), this.#show);
    return recorder === undefined ? null : rowOf(name, recorder, this.#show);
  }

  /** The pool may have begun another connection of this name. One on its way out is looked at to its end. */
  #look(name: string): void {
    const manager = this.#pool?.peek(name) ?? null;
    if (manager !== null && manager !== this.#recorders.get(name)?.manager) this.#record(name, manager);
    this.#changed(name);
  }

  #record(name: string, manager: ConnectionManager): void {
    this.#recorders.get(name)?.end();
    const recorder = new Recorder({ manager, clock: this.#clock, changed: () => this.#changed(name) });
    this.#recorders.set(name, recorder);
    this.#changed(name);
  }

  #forget(name: string): void {
    this.#recorders.get(name)?.end();
    this.#recorders.delete(name);
    this.#changed(name);
  }

  #changed(name: string): void {
    for (const feed of this.#feeds) feed.changed(name);
  }
}

/** One of two with the same name could not be seen. */
function differing(managers: Iterable<ConnectionManager>): readonly ConnectionManager[] {
  const all = [...managers];
  const names = all.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice === undefined) return all;
  throw new ConfigError('managers', `two named ${twice}`, 'names that differ');
}
