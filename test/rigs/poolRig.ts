import type { ConnectionManager } from '../../src/connection/ConnectionManager.js';
import { type ConnectionPool, createConnectionPool } from '../../src/pool/ConnectionPool.js';
import type { PoolOptions, ServerOptions } from '../../src/pool/options.js';
import type { GetOptions } from '../../src/pool/pool.types.js';
import type { SessionObserver } from '../../src/session/port.js';
import { ScriptedSession } from '../../src/testing/scriptedSession.js';
import { SteppingClock, settle } from '../../src/testing/steppingClock.js';

/** A scripted session that ends as soon as it is asked to, unless the test wants to see it end. */
export class PooledSession extends ScriptedSession {
  holdsEnd = false;
  isOpened = false;
  readonly #clock: SteppingClock;

  constructor(epoch: number, clock: SteppingClock) {
    super(epoch);
    this.#clock = clock;
  }

  /** Opened, and not ended completely. */
  get isLive(): boolean {
    return this.isOpened && !this.isClosed;
  }

  /** A frame comes in. */
  override heard(): void {
    this.traffic.receivedAt = this.#clock.now();
    super.heard();
  }

  /** Answers the newest probe. */
  answerProbe(): void {
    const probe = this.probes.at(-1);
    if (probe === undefined) throw new Error('nothing was asked');
    this.traffic.receivedAt = this.#clock.now();
    probe.answer();
  }

  failProbe(): void {
    this.probes.at(-1)?.fail(new Error('no answer'));
  }

  override open(observer: SessionObserver): void {
    this.isOpened = true;
    super.open(observer);
  }

  override goodbye(): Promise<void> {
    const told = super.goodbye();
    if (!this.holdsEnd) this.drained();
    return told;
  }

  override close(): Promise<void> {
    const closed = super.close();
    if (!this.holdsEnd) this.finishClosing();
    return closed;
  }
}

/** What a promise came to so far. */
export type Seen<Value> = { value: Value } | { error: unknown } | null;

/** A promise that is looked at, and need not be waited for. */
export class Watched<Value> {
  seen: Seen<Value> = null;

  constructor(promise: Promise<Value>) {
    promise.then(
      (value) => {
        this.seen = { value };
      },
      (error: unknown) => {
        this.seen = { error };
      },
    );
  }

  get isPending(): boolean {
    return this.seen === null;
  }

  /** @throws Error when it has not resolved */
  get value(): Value {
    if (this.seen === null) throw new Error('still pending');
    if ('error' in this.seen) throw this.seen.error;
    return this.seen.value;
  }

  /** @throws Error when it has not rejected */
  get error(): unknown {
    if (this.seen === null) throw new Error('still pending');
    if ('value' in this.seen) throw new Error('it has resolved');
    return this.seen.error;
  }
}

export interface PoolRigOptions extends Partial<Omit<PoolOptions, 'servers' | 'clock'>> {
  /** Default `a`, `b` and `c`, with nothing of their own. */
  servers?: { [name: string]: Partial<ServerOptions> };
}

/** A real pool over scripted sessions and a stepping clock. */
export class PoolRig {
  readonly clock = new SteppingClock();
  readonly pool: ConnectionPool;
  readonly #sessions = new Map<string, PooledSession[]>();
  /** Called with each session that is made. */
  made: (session: PooledSession, name: string) => void = () => {};

  constructor({ servers = { a: {}, b: {}, c: {} }, ...options }: PoolRigOptions = {}) {
    this.pool = createConnectionPool({
      random: () => 0.5,
      ...options,
      clock: this.clock,
      servers: Object.fromEntries(
        Object.entries(servers).map(([name, server]) => [name, { ...this.server(name), ...server }]),
      ),
    });
  }

  /** A server whose sessions are the rig's. */
  server(name: string): ServerOptions {
    return {
      server: { command: 'never started' },
      createSession: (epoch) => {
        const session = new PooledSession(epoch, this.clock);
        this.made(session, name);
        this.#sessions.set(name, [...this.sessions(name), session]);
        return session;
      },
    };
  }

  sessions(name: string): readonly PooledSession[] {
    return this.#sessions.get(name) ?? [];
  }

  /** The newest session. */
  session(name: string): PooledSession {
    const session = this.sessions(name).at(-1);
    if (session === undefined) throw new Error(`no session of ${name} was made`);
    return session;
  }

  get live(): PooledSession[] {
    return [...this.#sessions.values()].flat().filter(({ isLive }) => isLive);
  }

  get(name: string, options?: GetOptions): Watched<ConnectionManager> {
    return new Watched(this.pool.get(name, options));
  }

  /** Takes the newest session of the name through its handshake, up to its first probe. */
  async handshake(name: string): Promise<PooledSession> {
    await settle();
    const session = this.session(name);
    session.opened();
    session.answered();
    session.completed();
    await settle();
    return session;
  }

  /** Brings the newest session up. */
  async finish(name: string): Promise<PooledSession> {
    const session = await this.handshake(name);
    if (session.probes.length > 0) session.answerProbe();
    await settle();
    return session;
  }

  /** Gets the connection, for the first time. */
  async up(name: string): Promise<ConnectionManager> {
    const wanted = this.get(name);
    await this.finish(name);
    return wanted.value;
  }
}

/** A call on the connection that lasts until it is ended. */
export function longCall(manager: ConnectionManager): { end(): void; watched: Watched<void> } {
  let end: () => void = () => {};
  const done = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { end, watched: new Watched(manager.run(() => done)) };
}
