import { type ActorRefFrom, createActor, type InspectionEvent, type SnapshotFrom } from 'xstate';
import type { CheckOutput, EntryCommand, EntryPolicy, ReviewOutput } from '../../machines/index.js';
import type { Clock } from '../clock.js';
import type { ConnectionManager } from '../connection/ConnectionManager.js';
import { type Settlement, Settlements } from '../connection/settlements.js';
import { ConnectionError, WaitError } from '../errors.js';
import { entryHandle, entryLogic } from './logic.js';

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

/** How long, in milliseconds, somebody who was just handed a connection may take to begin a call. */
const HAND_OUT_GRACE = 1_000;

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
  readonly #clock: Clock;
  readonly #admit: PoolEntryOptions['admit'];
  readonly #settlements = new Settlements<EntrySnapshot>();
  #waiting = 0;
  #usedAt: number;
  #handedOutAt = Number.NEGATIVE_INFINITY;
  /** Those who were handed it since `#acceptedBefore` calls, and may not have begun one yet. */
  #handOuts = 0;
  #acceptedBefore = 0;
  /** The last answer to a probe that came without a frame: of a function of the embedder's. */
  #repliedAt = Number.NEGATIVE_INFINITY;
  #refusal: unknown = null;

  constructor(options: PoolEntryOptions) {
    const { name, manager, policy, clock, inspect } = options;
    this.name = name;
    this.manager = manager;
    this.random = options.random;
    this.#clock = clock;
    this.#admit = options.admit;
    this.#usedAt = clock.now();
    manager.on('call', () => {
      this.#usedAt = clock.now();
    });
    manager.actor.on('probe.answered', ({ evidence }) => {
      if (evidence === 'reply') this.#repliedAt = clock.now();
    });
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
          if (snapshot.status === 'done') resolve(this.#unended(snapshot));
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

  /** It has not ended yet; then its place is free. */
  get isClosing(): boolean {
    return this.actor.getSnapshot().hasTag('closing');
  }

  /** Whoever wants this name has to ask another entry. */
  get isOver(): boolean {
    return this.actor.getSnapshot().hasTag('over') || this.actor.getSnapshot().status !== 'active';
  }

  /** Nobody used it for so long that it was ended. */
  get isDisused(): boolean {
    return this.actor.getSnapshot().context.isDisused;
  }

  /** Calls that the connection has accepted and not settled. */
  get calls(): number {
    const { inFlight, waiting } = this.manager.stats.calls;
    return inFlight + waiting;
  }

  /** Those, and whoever waits for the connection. */
  get users(): number {
    return this.calls + this.#waiting;
  }

  /** When it was last handed out, or a call ended: monotonic milliseconds. */
  get usedAt(): number {
    return this.#usedAt;
  }

  /** Nobody uses it, nor was handed it so recently that a call may be about to come. */
  get isIdle(): boolean {
    if (this.users > 0) return false;
    return !this.#isAwaitingCalls || this.#clock.now() - this.#handedOutAt >= HAND_OUT_GRACE;
  }

  /**
   * The connection, alive.
   *
   * @throws the signal's reason; why it failed, or may not be had
   */
  async want(signal: AbortSignal): Promise<Handed> {
    this.#send({ type: 'entry.want', silence: this.#silence() });
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

  /** Asks the server, where nobody has since it was wanted: a probe under way may be content with less. */
  async check(signal: AbortSignal): Promise<CheckOutput> {
    const startedAt = this.#clock.now();
    const isProved = () => (this.#provedAt() ?? Number.NEGATIVE_INFINITY) >= startedAt;
    const health = await this.manager.checkHealth({ signal });
    if (health.status === 'healthy' && !isProved()) await this.manager.checkHealth({ signal });
    return { isAlive: isProved() };
  }

  review(): ReviewOutput {
    return { unusedFor: this.isIdle ? this.#clock.now() - this.#usedAt : 0 };
  }

  #send(command: EntryCommand): void {
    // XState warns about events to an actor that is over; whoever sends them looks at what it is now.
    if (this.actor.getSnapshot().status === 'active') this.actor.send(command);
  }

  async #until(signal: AbortSignal): Promise<Handed> {
    const { failures } = this.actor.getSnapshot().context;
    this.#waiting += 1;
    try {
      const handed = await this.#settlements.until(
        this.actor.getSnapshot(),
        (snapshot) => this.#decide(snapshot, failures),
        signal,
      );
      if (handed !== 'gone') this.#handOut();
      return handed;
    } finally {
      this.#waiting -= 1;
      if (this.#waiting === 0 && signal.aborted) this.#send({ type: 'entry.abandon' });
    }
  }

  /** @param failuresBefore those that whoever waits knew of when coming */
  #decide(snapshot: EntrySnapshot, failuresBefore: number): Settlement<Handed> {
    if (snapshot.status !== 'active' || snapshot.hasTag('over')) return { value: 'gone' };
    if (snapshot.hasTag('ready')) return { value: this.manager };
    if (snapshot.hasTag('failed')) {
      return snapshot.context.failures > failuresBefore ? { error: this.manager.failure } : null;
    }
    if (snapshot.hasTag('challenged')) {
      // While the code is exchanged, nothing is refused yet.
      return this.manager.actor.getSnapshot().hasTag('exchanging') ? null : { error: this.manager.failure };
    }
    if (snapshot.hasTag('left')) return { error: this.#refusal ?? this.#left() };
    return null;
  }

  #left(): WaitError {
    return new WaitError('SUPERSEDED', `${this.name}: somebody disconnected meanwhile`);
  }

  #unended({ context: { error } }: EntrySnapshot): ConnectionError | null {
    if (error === null) return null;
    return new ConnectionError(error.code, error.message, { details: error.details });
  }

  /** Somebody who was handed it has not begun a call since, as far as their numbers tell. */
  get #isAwaitingCalls(): boolean {
    return this.manager.stats.calls.accepted - this.#acceptedBefore < this.#handOuts;
  }

  #handOut(): void {
    const isGraceOver = this.#clock.now() - this.#handedOutAt >= HAND_OUT_GRACE;
    if (isGraceOver || !this.#isAwaitingCalls) {
      this.#handOuts = 0;
      this.#acceptedBefore = this.manager.stats.calls.accepted;
    }
    this.#handOuts += 1;
    this.#handedOutAt = this.#clock.now();
    this.#usedAt = this.#handedOutAt;
  }

  #provedAt(): number | null {
    const { silence } = this.manager;
    const heardAt = silence === null ? Number.NEGATIVE_INFINITY : this.#clock.now() - silence;
    const provedAt = Math.max(heardAt, this.#repliedAt);
    return provedAt === Number.NEGATIVE_INFINITY ? null : provedAt;
  }

  #silence(): number | null {
    const provedAt = this.#provedAt();
    return provedAt === null ? null : this.#clock.now() - provedAt;
  }
}
