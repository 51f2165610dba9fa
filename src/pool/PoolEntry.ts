import { type ActorRefFrom, createActor, type InspectionEvent, type SnapshotFrom } from 'xstate';
import type { EntryCommand, EntryPolicy } from '../../machines/index.js';
import type { Clock } from '../clock.js';
import type { ConnectionManager } from '../connection/ConnectionManager.js';
import { type Settlement, Settlements } from '../connection/settlements.js';
import { ConnectionError, WaitError } from '../errors.js';
import { LifeSigns } from './lifeSigns.js';
import { entryHandle, entryLogic } from './logic.js';
import { Usage } from './usage.js';

type EntrySnapshot = SnapshotFrom<typeof entryLogic>;

export interface PoolEntryOptions {
  name: string;
  manager: ConnectionManager;
  policy: EntryPolicy;
  clock: Clock;
  /** In [0, 1). */
  random: () => number;
  inspect: ((event: InspectionEvent) => void) | undefined;
  /** Resolves when there is a place for this entry. */
  admit(entry: PoolEntry, signal: AbortSignal): Promise<void>;
  /** Called after each step of the chart. */
  changed(entry: PoolEntry): void;
}

/** What a `get` comes to: the connection; or the entry is gone, and another has to be asked for. */
export type Handed = ConnectionManager | 'gone';

/** One connection in the pool, and those who wait for it. Everything that is decided here, its chart decides. */
export class PoolEntry {
  readonly name: string;
  readonly manager: ConnectionManager;
  readonly random: () => number;
  readonly actor: ActorRefFrom<typeof entryLogic>;
  /** Resolves when it is not in the pool any more, with why it did not end properly, if so. */
  readonly gone: Promise<ConnectionError | null>;
  readonly usage: Usage;
  readonly lifeSigns: LifeSigns;
  readonly #admit: PoolEntryOptions['admit'];
  readonly #settlements = new Settlements<EntrySnapshot>();
  #refusal: unknown = null;

  constructor(options: PoolEntryOptions) {
    const { name, manager, policy, clock, inspect } = options;
    this.name = name;
    this.manager = manager;
    this.random = options.random;
    this.#admit = options.admit;
    this.usage = new Usage(manager, clock);
    this.lifeSigns = new LifeSigns(manager, clock);
    this.actor = createActor(entryLogic, {
      input: { name, handle: entryHandle(this), policy },
      clock,
      ...(inspect && { inspect }),
    });
    this.gone = new Promise((resolve) => {
      this.actor.subscribe({
        next: (snapshot) => {
          // It was about the place that it has now.
          if (snapshot.hasTag('occupying')) this.#refusal = null;
          this.#settlements.changed(snapshot);
          options.changed(this);
          if (snapshot.status === 'done') resolve(recorded(snapshot));
        },
      });
    });
    this.actor.start();
  }

  get isOccupying(): boolean {
    return this.actor.getSnapshot().hasTag('occupying');
  }

  get isEntering(): boolean {
    return this.actor.getSnapshot().hasTag('entering');
  }

  get isConnecting(): boolean {
    return this.actor.getSnapshot().hasTag('connecting');
  }

  get isFailed(): boolean {
    return this.actor.getSnapshot().hasTag('failed');
  }

  /** The server asks for an authorization. */
  get isChallenged(): boolean {
    return this.actor.getSnapshot().hasTag('challenged');
  }

  /** It has not ended yet; then its place is free. */
  get isClosing(): boolean {
    return this.actor.getSnapshot().hasTag('closing');
  }

  /** Whoever wants this name has to ask another entry. */
  get isOver(): boolean {
    return this.actor.getSnapshot().hasTag('over') || this.actor.getSnapshot().status !== 'active';
  }

  /** The last failure that it has not recovered from. A connection whose chart has stopped has told it as its state. */
  get failure(): ConnectionError | null {
    return this.manager.failure ?? recorded(this.actor.getSnapshot());
  }

  /** Nobody used it for so long that it was ended. */
  get isDisused(): boolean {
    return this.actor.getSnapshot().context.isDisused;
  }

  /**
   * The connection, alive.
   *
   * @throws the signal's reason; why it failed, or may not be had
   */
  async want(signal: AbortSignal): Promise<Handed> {
    this.#send({ type: 'entry.want', silence: this.lifeSigns.silence });
    return this.#until(signal);
  }

  /** As `want`, with a new session. */
  async restart(signal: AbortSignal): Promise<Handed> {
    this.#send({ type: 'entry.restart' });
    return this.#until(signal);
  }

  /** Ends it, when calls in flight have finished. */
  async retire(): Promise<void> {
    this.#send({ type: 'entry.retire' });
    const unended = await this.gone;
    if (unended !== null) throw unended;
  }

  async admit(signal: AbortSignal): Promise<void> {
    this.#refusal = null;
    try {
      await this.#admit(this, signal);
    } catch (error) {
      // One that was withdrawn is not refused.
      if (!signal.aborted) this.#refusal = error;
      throw error;
    }
  }

  #send(command: EntryCommand): void {
    // XState warns about events to an actor that is over; whoever sends them looks at what it is now.
    if (this.actor.getSnapshot().status === 'active') this.actor.send(command);
  }

  async #until(signal: AbortSignal): Promise<Handed> {
    const { failures } = this.actor.getSnapshot().context;
    const leave = this.usage.wait();
    // In the moment in which the last one gives up: whoever comes in the same one finds the place free.
    const giveUp = () => {
      leave();
      if (!this.usage.isAwaited) this.#send({ type: 'entry.abandon' });
    };
    try {
      const handed = await this.#settlements.until(
        this.actor.getSnapshot(),
        (snapshot) => this.#decide(snapshot, failures),
        signal,
        giveUp,
      );
      if (handed !== 'gone') this.usage.handOut();
      return handed;
    } finally {
      leave();
    }
  }

  /** @param failuresBefore those that whoever waits knew of when coming */
  #decide(snapshot: EntrySnapshot, failuresBefore: number): Settlement<Handed> {
    if (snapshot.status !== 'active' || snapshot.hasTag('over')) return { value: 'gone' };
    if (snapshot.hasTag('ready')) return { value: this.manager };
    if (snapshot.hasTag('failed')) {
      return snapshot.context.failures > failuresBefore ? { error: this.failure } : null;
    }
    if (snapshot.hasTag('challenged')) {
      // While the code is exchanged, nothing is refused yet.
      return this.manager.actor.getSnapshot().hasTag('exchanging') ? null : { error: this.failure };
    }
    if (snapshot.hasTag('left')) return { error: this.#refusal ?? this.#left() };
    return null;
  }

  #left(): WaitError {
    return new WaitError('SUPERSEDED', `${this.name}: somebody disconnected meanwhile`);
  }
}

function recorded({ context: { error } }: EntrySnapshot): ConnectionError | null {
  return error && new ConnectionError(error.code, error.message, { details: error.details });
}
