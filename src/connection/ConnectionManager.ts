import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { type ActorRefFrom, createActor, type InspectionEvent } from 'xstate';
import type { ConnectedInfo, ConnectionCommand, HealthStatus, SystemWoke } from '../../machines/index.js';
import { type Clock, systemClock } from '../clock.js';
import { type ConnectionError, messageOf, WaitError } from '../errors.js';
import { describeEventType } from '../eventNames.js';
import { type ConnectionResources, resourcesOf } from '../session/resources.js';
import { admissionOf } from './admission.js';
import type { CallRecord } from './call.types.js';
import { Calls } from './calls.js';
import { ClientCalls } from './clientCalls.js';
import { checkDuration } from './config.js';
import { connectionInput } from './connectionInput.js';
import { type Endpoint, endpointOf } from './endpoint.js';
import { Listeners, logSafely } from './listeners.js';
import { connectionLogic } from './logic.js';
import { ConnectionMonitor, type StateChange } from './monitor.js';
import type { ConnectionOptions, Logger } from './options.js';
import {
  type Decide,
  isLeavingToAuthorize,
  toConnectionError,
  untilAuthorized,
  untilChecked,
  untilConnected,
  untilDisconnected,
  untilLeft,
  untilMatched,
  untilTerminated,
} from './outcomes.js';
import { Settlements } from './settlements.js';
import {
  type ConnectionSnapshot,
  type ConnectionState,
  type ConnectionStatus,
  isSameState,
  isTagged,
  projectHealth,
  projectState,
  stateInWords,
} from './state.js';
import { type ConnectionStats, StatsRecorder } from './stats.js';
import { wakeDetector } from './wakeDetector.js';

/** A notification of the server, as it came. */
export interface ServerNotification {
  method: string;
  params: unknown;
}

interface ConnectionEvents {
  state: [change: StateChange];
  health: [health: HealthStatus | null];
  call: [call: CallRecord];
  notification: [notification: ServerNotification];
}

/**
 * One MCP client connection that survives what network and server do. Commands go to the connection
 * chart, and everything it says of itself is read from the chart's snapshot.
 *
 * @throws ConfigError when the options cannot work
 */
export class ConnectionManager extends ClientCalls {
  readonly name: string;
  /** Where its server is; nothing of it is secret. */
  readonly endpoint: Endpoint;
  /** The running chart: for inspectors, and for machines that want to listen. */
  readonly actor: ActorRefFrom<typeof connectionLogic>;
  /** The last changes of state, and a stream of the coming ones. */
  readonly monitor: ConnectionMonitor;
  protected readonly calls: Calls;
  readonly #clock: Clock;
  readonly #logger: Logger | undefined;
  readonly #live: ConnectionResources;
  readonly #listeners: Listeners<ConnectionEvents>;
  readonly #settlements = new Settlements<ConnectionSnapshot>();
  readonly #stats: StatsRecorder;
  /** What the chart said last, to tell what changed. */
  #seen: ConnectionSnapshot;
  #probesSeen = 0;
  #unwatchClock: (() => void) | null = null;
  #connecting = 0;
  /** How deep in steps of the chart: what is asked there is answered after them. */
  #stepping = 0;

  constructor(options: ConnectionOptions) {
    super();
    const input = connectionInput(options, {
      onnotification: (method, params) => {
        this.notified(method);
        this.#listeners.tell('notification', { method, params });
      },
      onstray: () => {
        this.#stats.strayAnswers += 1;
      },
      onerror: (error) => logSafely(this.#logger, `${this.name}: ${error.message}`, 'debug'),
      whenIdle: () => this.calls.whenIdle(),
    });
    const { clock = systemClock, logger } = options;
    this.name = options.name;
    this.endpoint = endpointOf(options.server);
    this.#clock = clock;
    this.#logger = logger;
    this.#live = resourcesOf(input.handle);
    this.#listeners = new Listeners(logger);
    this.#stats = new StatsRecorder(clock.now());
    this.monitor = new ConnectionMonitor(options.historyLimit ?? DEFAULT_HISTORY);
    const { inspect } = options;
    this.actor = createActor(connectionLogic, {
      input,
      clock,
      ...(inspect && { inspect: (event) => this.#within(() => inspect(event)) }),
    });
    this.#seen = this.actor.getSnapshot();
    this.calls = new Calls({
      server: this.name,
      clock,
      timeout: input.config.timeout,
      stats: this.#stats.calls,
      admission: () => admissionOf(this.actor.getSnapshot(), this.#live),
      state: () => stateInWords(this.state),
      failure: () => this.failure,
      settled: (call) => this.#listeners.tell('call', call),
    });
    this.actor.system.inspect((event) => this.#inspected(event));
    this.actor.on('probe.answered', (event) => {
      this.#probesSeen += 1;
      this.#stats.probed(event);
    });
    this.actor.on('probe.unanswered', (event) => {
      this.#probesSeen += 1;
      this.#stats.probed(event);
      logSafely(logger, `${this.name}: a probe ${event.isAlive ? 'is late' : 'failed'}: ${event.reason}`);
    });
    // A chart that threw is told as `failed`. XState inspects no snapshot of it, and ends no session.
    this.actor.subscribe({
      error: () => {
        this.#within(() => this.#moved(this.actor.getSnapshot(), 'error'));
        void this.#live.session?.close().catch(() => {});
      },
    });
    this.actor.start();
  }

  get state(): ConnectionState {
    return projectState(this.actor.getSnapshot());
  }

  /** What is known of the server's health; null while nothing is. */
  get health(): HealthStatus | null {
    return projectHealth(this.actor.getSnapshot());
  }

  get stats(): ConnectionStats {
    return this.#stats.read(this.actor.getSnapshot().context.epoch, this.#clock.now());
  }

  /** Why the last session was lost, or the last attempt failed; null where neither is so. */
  get failure(): ConnectionError | null {
    const { error } = this.actor.getSnapshot().context;
    return error === null ? null : toConnectionError(this.name, error, this.#live);
  }

  /** Milliseconds since the last frame of the present session came in; null unless connected. */
  get silence(): number | null {
    if (!isTagged(this.actor.getSnapshot(), 'usable')) return null;
    const receivedAt = this.#live.session?.traffic.receivedAt ?? Number.NEGATIVE_INFINITY;
    return receivedAt === Number.NEGATIVE_INFINITY ? null : this.#clock.now() - receivedAt;
  }

  /** The SDK client of the present session; null unless connected. Never keep it: sessions end. */
  get client(): Client | null {
    return isTagged(this.actor.getSnapshot(), 'usable') ? (this.#live.session?.client ?? null) : null;
  }

  /**
   * Establishes the connection, or joins the attempt under way. Aborting rejects this caller; where
   * nobody else waits for a connection that was never up, it is no longer wanted.
   *
   * @throws ConnectionError when it failed, or an authorization is needed
   * @throws WaitError `SUPERSEDED` when somebody disconnected meanwhile, `TERMINATED`
   */
  async connect({ signal }: { signal?: AbortSignal | undefined } = {}): Promise<ConnectedInfo> {
    signal?.throwIfAborted();
    this.#send({ type: 'connection.connect' });
    return this.#established(signal);
  }

  /** A new session now, in place of the running one or of the backoff. Throws as `connect`. */
  async reconnect({ signal }: { signal?: AbortSignal | undefined } = {}): Promise<ConnectedInfo> {
    signal?.throwIfAborted();
    this.#send({ type: 'connection.reconnect' });
    return this.#established(signal);
  }

  /**
   * Leaves: calls in flight finish, the server is told, everything is closed. May connect again.
   *
   * @throws WaitError `SUPERSEDED` when somebody connected meanwhile
   * @throws ConnectionError `RELEASE_FAILED` when the session would not end
   */
  async disconnect(): Promise<void> {
    this.#send({ type: 'connection.disconnect' });
    return this.#until(untilDisconnected(this.name, this.#live));
  }

  /**
   * Leaves for good.
   *
   * @throws ConnectionError `RELEASE_FAILED` when the session would not end
   */
  async terminate(): Promise<void> {
    this.#send({ type: 'connection.terminate' });
    return this.#until(untilTerminated(this.name, this.#live));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.terminate();
  }

  /**
   * Asks the server whether it lives, or joins the probe under way.
   *
   * @throws WaitError `NOT_CONNECTED` when there is no session to ask
   */
  async checkHealth({ signal }: { signal?: AbortSignal | undefined } = {}): Promise<HealthStatus> {
    signal?.throwIfAborted();
    const before = this.#probesSeen;
    this.#send({ type: 'connection.checkHealth' });
    return this.#until(
      untilChecked(this.name, () => this.#probesSeen > before),
      signal,
    );
  }

  /**
   * Finishes the authorization that the server asked for, with the code the user came back with. The
   * connection then goes on by itself.
   *
   * @throws ConnectionError `AUTHORIZATION_FAILED` when the code was refused, or none was waited for
   * @throws WaitError `SUPERSEDED` when somebody disconnected meanwhile, `TERMINATED`
   */
  async authorize(code: string): Promise<void> {
    // Whoever brings a code wants the connection, whatever becomes of those who wait for it. One that
    // nobody asked for says nothing.
    const isLeaving = isLeavingToAuthorize(this.actor.getSnapshot());
    const wishes = isLeaving || this.state.status === 'authorizing' ? 1 : 0;
    this.#connecting += wishes;
    try {
      // A browser may be faster than the goodbye to the session.
      if (isLeaving) await this.#until(untilLeft(this.name));
      this.#live.authorizationCode = code;
      this.#send({ type: 'connection.authorize' });
      return await this.#until(untilAuthorized(this.name, this.#live));
    } finally {
      this.#connecting -= wishes;
      // A code that nobody asked for is not kept.
      this.#live.authorizationCode = null;
    }
  }

  /** @returns unsubscribe */
  on<Name extends keyof ConnectionEvents>(
    name: Name,
    listener: (...args: ConnectionEvents[Name]) => void,
  ): () => void {
    return this.#listeners.on(name, listener);
  }

  /** The changes of state from now on, until the signal aborts or the connection is terminated. */
  changes(options: { signal?: AbortSignal | undefined } = {}): AsyncGenerator<StateChange, void> {
    return this.monitor.changes(options);
  }

  /**
   * Resolves with the state as soon as it is the one asked for, now included.
   *
   * @param timeout milliseconds; default none
   * @throws WaitError `WAIT_TIMEOUT`, or `TERMINATED` when it cannot come any more
   */
  async waitFor(
    wanted: ConnectionStatus | ((state: ConnectionState) => boolean),
    { signal, timeout }: { signal?: AbortSignal | undefined; timeout?: number | undefined } = {},
  ): Promise<ConnectionState> {
    signal?.throwIfAborted();
    if (timeout !== undefined) checkDuration('timeout', timeout, 0);
    const matches =
      typeof wanted === 'function' ? wanted : (state: ConnectionState) => state.status === wanted;
    const decide = untilMatched(this.name, matches);
    if (timeout === undefined) return this.#until(decide, signal);
    const limit = new AbortController();
    const abort = () => limit.abort(signal?.reason);
    signal?.addEventListener('abort', abort, { once: true });
    const timer = this.#clock.setTimeout(() => {
      const now = stateInWords(this.state);
      limit.abort(new WaitError('WAIT_TIMEOUT', `${this.name}: waited ${timeout} ms in vain; now ${now}`));
    }, timeout);
    try {
      return await this.#until(decide, limit.signal);
    } finally {
      this.#clock.clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    }
  }

  #send(command: ConnectionCommand | SystemWoke): void {
    // XState warns about events to an actor that is over; the outcome says it better.
    if (this.actor.getSnapshot().status === 'active') this.actor.send(command);
  }

  async #established(signal: AbortSignal | undefined): Promise<ConnectedInfo> {
    this.#connecting += 1;
    let isAborted = false;
    try {
      return await this.#until(untilConnected(this.name, this.#live), signal, () => {
        isAborted = true;
      });
    } finally {
      this.#connecting -= 1;
      // Only now is it known who else waits: several may have aborted, or somebody come, in one tick.
      if (isAborted && this.#connecting === 0) this.#withdraw();
    }
  }

  /** Nobody waits any more: a connection that was never up is no longer wanted. */
  #withdraw(): void {
    const { wasUp, intent } = this.actor.getSnapshot().context;
    if (!wasUp && intent === 'connected') this.#send({ type: 'connection.disconnect' });
  }

  async #until<Value>(decide: Decide<Value>, signal?: AbortSignal, onAbort?: () => void): Promise<Value> {
    // Asked by a listener, in the middle of a step: the chart takes the command after it.
    if (this.#stepping > 0) await Promise.resolve();
    return this.#settlements.until(this.actor.getSnapshot(), decide, signal, onAbort);
  }

  /** Runs what a step of the chart calls. Anything thrown there would stop the chart for good. */
  #within(tell: () => void): void {
    this.#stepping += 1;
    try {
      tell();
    } catch (error) {
      logSafely(this.#logger, `${this.name}: ${messageOf(error)}`);
    } finally {
      this.#stepping -= 1;
    }
  }

  /** Hears of every step of every actor of the chart, and passes by all but the chart's own. */
  #inspected(event: InspectionEvent): void {
    if (event.type !== '@xstate.snapshot' || event.actorRef !== this.actor) return;
    this.#within(() => this.#moved(this.actor.getSnapshot(), describeEventType(event.event.type)));
  }

  /** The chart took an event: tells everybody what that changed. */
  #moved(snapshot: ConnectionSnapshot, cause: string): void {
    const before = this.#seen;
    if (snapshot === before) return;
    this.#seen = snapshot;
    const [from, to] = [projectState(before), projectState(snapshot)];
    const { error } = snapshot.context;
    if (error !== null) this.#stats.lastError = error;
    if (!isSameState(from, to)) {
      const change: StateChange = { from, to, at: this.#clock.time(), cause };
      this.#stats.changed(from, to, before.context.wasUp, error, this.#clock.now());
      logSafely(this.#logger, `${this.name}: ${stateInWords(to)} (${cause})`, 'debug');
      this.monitor.record(change);
      this.#listeners.tell('state', change);
    }
    const health = projectHealth(snapshot);
    if (health?.status !== projectHealth(before)?.status) this.#listeners.tell('health', health);
    this.#settlements.changed(snapshot);
    this.calls.admissionChanged();
    if (to.status !== from.status) {
      this.#watchClock(to.status === 'disconnected' || to.status === 'terminated');
    }
    if (snapshot.status !== 'active') this.monitor.end();
  }

  /** A connection at rest has no limits that a sleeping machine could break. */
  #watchClock(isAtRest: boolean): void {
    if (isAtRest) {
      this.#unwatchClock?.();
      this.#unwatchClock = null;
    } else if (this.#clock === systemClock) {
      this.#unwatchClock ??= wakeDetector.watch(() =>
        this.#send({ type: 'system.woke', random: this.#live.random() }),
      );
    }
  }
}

const DEFAULT_HISTORY = 100;
