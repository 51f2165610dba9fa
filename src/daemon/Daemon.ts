import { type ActorRefFrom, createActor, type StateValue } from 'xstate';
import type { ClaimOutput, DaemonLimits, DaemonOutput, LookOutput } from '../../machines/index.js';
import { type Clock, systemClock } from '../clock.js';
import type { ServerConfig } from '../config/serverConfig.types.js';
import { messageOf } from '../errors.js';
import { makeMark, readChildren } from '../ipc/children.js';
import { RequestFailedError } from '../ipc/errors.js';
import type { RequestContext } from '../ipc/incomingRequests.js';
import { sweepLeftovers } from '../ipc/leftovers.js';
import { type IpcServer, listen } from '../ipc/listen.js';
import { FAULTS } from '../ipc/messages.js';
import { acquire, type Ownership } from '../ipc/ownership.js';
import type { Places } from '../ipc/places.js';
import { reap } from '../ipc/reap.js';
import { ensureSafePlaces } from '../ipc/safeDirectory.js';
import { type ConnectionPool, createConnectionPool } from '../pool/ConnectionPool.js';
import { createHandlers, handlerOf } from './handlers.js';
import { InspectionDesk } from './InspectionDesk.js';
import { daemonHandle, daemonLogic } from './logic.js';
import { NewsRoom } from './news.js';
import { Params } from './params.js';
import type { DaemonStatus } from './protocol.types.js';
import { recordServers } from './recordServers.js';
import { markedServers, summarize } from './servers.js';

export const DEFAULT_LIMITS: DaemonLimits = {
  start: 10_000,
  idle: 10 * 60_000,
  watch: 5_000,
  look: 5_000,
  drain: 30_000,
  stop: 60_000,
};

export interface DaemonOptions {
  places: Places;
  /** Of the places, when this process has it already. Default: it tries to become the owner. */
  ownership?: Ownership;
  /** Of the configuration and its variables; see `fingerprint`. */
  fingerprint: string;
  version: string;
  servers: ReadonlyMap<string, ServerConfig>;
  /** Whether the configuration is still the one that it was started with. */
  isConfigSame(): boolean;
  /** Where the version that started last is written down. Default: versions do not know of each other. */
  pointer?: { write(): void; isOurs(): boolean };
  limits?: Partial<DaemonLimits>;
  /** One line for each thing that happens; they hold no secrets. */
  log(line: string): void;
  clock?: Clock;
}

/** Holds the connections of one configuration for all commands and hosts of a user. What it does when, its chart decides. */
export class Daemon {
  readonly actor: ActorRefFrom<typeof daemonLogic>;
  /** Resolves when it is over, with why. */
  readonly stopped: Promise<DaemonOutput>;
  readonly #options: DaemonOptions;
  readonly #clock: Clock;
  readonly #startedAt: number;
  /** In the environment of every server, so that orphans are known by it. */
  readonly #mark = makeMark();
  readonly #leaving = new AbortController();
  /** Requests in work, but those that only watch. */
  readonly #requests = new Map<Promise<unknown>, AbortController>();
  #ownership: Ownership | null = null;
  #server: IpcServer | null = null;
  #pool: ConnectionPool | null = null;
  /** The step of its start that was begun last; never rejects. */
  #beginning: Promise<unknown> = Promise.resolve();
  #sweeping: Promise<void> = Promise.resolve();
  #endRecord: () => void = () => {};

  constructor(options: DaemonOptions) {
    const { clock = systemClock, limits } = options;
    this.#options = options;
    this.#clock = clock;
    this.#startedAt = clock.time();
    this.actor = createActor(daemonLogic, {
      input: {
        handle: daemonHandle({
          claim: () => this.#claim(),
          reap: () => this.#begin(this.#reap()),
          publish: () => this.#begin(this.#publish()),
          look: () => this.#look(),
          drain: () => this.#drain(),
          stop: () => this.#stop(),
        }),
        limits: { ...DEFAULT_LIMITS, ...limits },
      },
      clock,
    });
    this.stopped = new Promise((resolve) => {
      let before = '';
      this.actor.subscribe((snapshot) => {
        const now = stepOf(snapshot.value);
        if (now !== before) options.log(`daemon: ${now}`);
        before = now;
        if (snapshot.status === 'done' && snapshot.output !== undefined) resolve(snapshot.output);
      });
    });
    this.actor.start();
  }

  /** Lets calls in flight finish, and ends. */
  drain(): void {
    this.actor.send({ type: 'daemon.drain' });
  }

  async #claim(): Promise<ClaimOutput> {
    const { places, ownership } = this.#options;
    ensureSafePlaces(places);
    if (ownership !== undefined) {
      this.#ownership = ownership;
      return { isOwner: true };
    }
    const acquisition = acquire(places);
    if (acquisition.kind === 'owned') return { isOwner: false };
    this.#ownership = acquisition.ownership;
    return { isOwner: true };
  }

  /** Its chart may be in a hurry to leave. But what a step has begun must have come to its end before the place is given back. */
  #begin(step: Promise<void>): Promise<void> {
    this.#beginning = step.catch(() => {});
    return step;
  }

  async #reap(): Promise<void> {
    const { ended, left } = await reap(readChildren(this.#options.places), { clock: this.#clock });
    if (ended.length > 0) this.#options.log(`daemon: ended what a crashed daemon left: ${ended.join(', ')}`);
    if (left.length > 0) throw new Error(`could not end what a crashed daemon left: ${left.join(', ')}`);
  }

  async #publish(): Promise<void> {
    const { places, version, fingerprint, pointer, log } = this.#options;
    pointer?.write();
    this.#endRecord = recordServers({ places, mark: this.#mark, log });
    const pool = this.#openPool();
    const news = new NewsRoom(pool, () => this.#clock.time());
    pool.on('state', (server, { to }) => {
      if (to.status === 'failed') log(`${server}: ${to.error.message}`);
    });
    const inspection = new InspectionDesk({
      pool,
      names: [...this.#options.servers.keys()],
      faultOf: (server) => unusable(this.#options.servers.get(server)),
      clock: this.#clock,
      leaving: this.#leaving.signal,
    });
    const handlers = createHandlers({
      pool,
      rulesOf: (server) => this.#options.servers.get(server),
      errorOf: (server) => this.#options.servers.get(server)?.error ?? null,
      servers: () => summarize(this.#options.servers, pool),
      status: () => this.#status(pool),
      stats: () => ({ pool: pool.stats, servers: pool.entries }),
      watch: (context) => news.watch(context, this.#leaving.signal),
      inspection,
      leave: (isUrgent) => this.actor.send({ type: isUrgent ? 'daemon.stop' : 'daemon.drain' }),
    });
    this.#server = await listen({
      places,
      version,
      fingerprint,
      clock: this.#clock,
      handle: (method, params, context) => {
        const handler = handlerOf(handlers, method);
        const asked = new Params(method, params);
        // Whoever only looks is nothing that a daemon waits for when it leaves.
        if (method === 'events.watch' || method === 'inspect.watch') return handler(asked, context);
        return this.#accept(method, async (own) => handler(asked, own), context);
      },
      onclient: (client) => {
        this.actor.send({ type: 'client.came' });
        void client.closed.then(() => this.actor.send({ type: 'client.left' }));
      },
      // Whoever has the token is the same user, and wants another daemon in this place: it must not wait for ever.
      onmismatch: ({ version: theirs, fingerprint: print }) => {
        const who = `version ${theirs}, fingerprint ${print}`;
        log(`daemon: leaves to a client of another version or configuration: ${who}`);
        this.drain();
      },
      onfault: (error) => log(`daemon: ${messageOf(error)}`),
    });
    this.#sweeping = this.#sweep();
  }

  /** Nobody waits for it. */
  async #sweep(): Promise<void> {
    const { places, log } = this.#options;
    try {
      const { removed, ended } = await sweepLeftovers(places, {
        signal: this.#leaving.signal,
        clock: this.#clock,
      });
      if (ended.length > 0) log(`daemon: ended what crashed daemons left: ${ended.join(', ')}`);
      if (removed.length > 0) log(`daemon: removed the files of ${removed.length} daemons of long ago`);
    } catch (error) {
      log(`daemon: could not clear up: ${messageOf(error)}`);
    }
  }

  #openPool(): ConnectionPool {
    const { servers, log } = this.#options;
    const [name = '', value = ''] = this.#mark.split('=');
    this.#pool = createConnectionPool({
      servers: markedServers(servers, { [name]: value }),
      clock: this.#clock,
      logger: { debug: log, warn: log },
    });
    return this.#pool;
  }

  #accept(
    method: string,
    carryOut: (context: RequestContext) => Promise<unknown>,
    context: RequestContext,
  ): Promise<unknown> {
    if (this.#leaving.signal.aborted) {
      // Nothing was begun: the client may ask the next daemon.
      throw new RequestFailedError(FAULTS.lifelineError, `${method}: the daemon is leaving`, {
        code: 'DAEMON_LEAVING',
      });
    }
    const { signal } = context;
    const over = new AbortController();
    // It has just come: nobody has withdrawn it yet.
    signal.addEventListener('abort', () => over.abort(signal.reason), { once: true });
    const request = carryOut({ ...context, signal: over.signal });
    this.#requests.set(request, over);
    const forget = () => this.#requests.delete(request);
    request.then(forget, forget);
    return request;
  }

  async #look(): Promise<LookOutput> {
    const isFound = this.#ownership?.isHeld() && this.#server?.isStillMine();
    const { pointer } = this.#options;
    if (!isFound || pointer?.isOurs() === false) return { found: 'superseded' };
    return { found: this.#options.isConfigSame() ? 'well' : 'configChanged' };
  }

  /** Not to be found any more; what was accepted is finished. */
  async #drain(): Promise<void> {
    this.#server?.stopAccepting();
    this.#leaving.abort();
    await Promise.allSettled(this.#requests.keys());
  }

  async #stop(): Promise<void> {
    this.#leaving.abort();
    await this.#beginning;
    this.#server?.stopAccepting();
    // Connections would let them finish first, and whoever asked for this does not want to wait.
    for (const request of this.#requests.values()) request.abort(stopped());
    try {
      await this.#pool?.[Symbol.asyncDispose]();
    } finally {
      await this.#server?.close();
      // What it owned for that must be given back.
      await this.#sweeping;
      this.#endRecord();
      this.#ownership?.release();
    }
  }

  #status(pool: ConnectionPool): DaemonStatus {
    return {
      pid: process.pid,
      version: this.#options.version,
      startedAt: this.#startedAt,
      clients: this.#server?.clients.size ?? 0,
      requests: this.#requests.size,
      pool: pool.stats,
      servers: summarize(this.#options.servers, pool),
    };
  }
}

/** Where it is in its life. That somebody came or went, or that it looked around, would fill the log. */
function stepOf(value: StateValue): string {
  if (typeof value === 'string') return value;
  return 'starting' in value ? `starting: ${String(value.starting)}` : Object.keys(value).join();
}

/** Why a server of the configuration cannot be used; null where it can. */
function unusable(server: ServerConfig | undefined) {
  if (server === undefined || (server.error === null && !server.disabled)) return null;
  return server.error ?? { code: 'DISABLED', message: 'the configuration has it disabled' };
}

function stopped(): RequestFailedError {
  return new RequestFailedError(FAULTS.lifelineError, 'the daemon was ended with the request in work', {
    code: 'DAEMON_STOPPED',
    mayHaveExecuted: true,
  });
}
