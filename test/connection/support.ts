import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { JSONRPCRequest } from '@modelcontextprotocol/sdk/types.js';
import { vi } from 'vitest';
import { ConnectionManager } from '../../src/connection/ConnectionManager.js';
import type { ConnectionOptions } from '../../src/connection/options.js';
import { ConnectionError } from '../../src/errors.js';
import { ScriptedSession } from '../../src/testing/scriptedSession.js';
import { type Responder, ScriptedTransport } from '../../src/testing/scriptedTransport.js';
import { SteppingClock, settle } from '../../src/testing/steppingClock.js';

/** What a promise came to, without waiting for it. */
export type Outcome<Value> = { value: Value } | { error: unknown } | 'pending';

/** Looks at a promise after everything that can settle has settled. */
export async function look<Value>(promise: Promise<Value>): Promise<Outcome<Value>> {
  let outcome: Outcome<Value> = 'pending';
  promise.then(
    (value) => {
      outcome = { value };
    },
    (error: unknown) => {
      outcome = { error };
    },
  );
  await settle();
  return outcome;
}

/** The error a promise rejects with; fails the test when it does not reject. */
export async function errorOf(promise: Promise<unknown>): Promise<unknown> {
  let value: unknown;
  try {
    value = await promise;
  } catch (error) {
    return error;
  }
  throw new Error(`expected a rejection, got ${JSON.stringify(value)}`);
}

/** A loss as transports report it. */
export function exited(message = 'the process exited', cause?: unknown): ConnectionError {
  return new ConnectionError('PROCESS_EXITED', message, cause === undefined ? {} : { cause });
}

export const unreachable = (): Transport => {
  throw new Error('no transport is made in this test');
};

/** A real manager whose sessions, clock and luck are the test's. */
export class Rig {
  readonly clock = new SteppingClock();
  readonly sessions: ScriptedSession[] = [];
  readonly manager: ConnectionManager;

  constructor(options: Partial<ConnectionOptions> = {}) {
    this.manager = new ConnectionManager({
      name: 'files',
      server: unreachable,
      clock: this.clock,
      random: () => 0.5,
      createSession: (epoch) => {
        const session = new ScriptedSession(epoch);
        this.sessions.push(session);
        return session;
      },
      ...options,
    });
  }

  /** The newest session. */
  get session(): ScriptedSession {
    const session = this.sessions.at(-1);
    if (session === undefined) throw new Error('no session was made');
    return session;
  }

  get status(): string {
    return this.manager.state.status;
  }

  /** Takes the newest session through its handshake, up to its first probe. */
  async handshake(): Promise<ScriptedSession> {
    await settle();
    const { session } = this;
    session.opened();
    session.answered();
    session.completed();
    await settle();
    return session;
  }

  /** Asks for a connection and brings it up. */
  async connect(): Promise<ScriptedSession> {
    const connected = this.manager.connect();
    const session = await this.finish();
    await connected;
    return session;
  }

  /** Brings the newest session up. */
  async finish(): Promise<ScriptedSession> {
    const session = await this.handshake();
    await this.answerProbe();
    return session;
  }

  async answerProbe(): Promise<void> {
    const probe = this.session.probes.at(-1);
    if (probe === undefined) throw new Error('nothing was asked');
    probe.answer();
    await settle();
  }

  /** Loses the newest session and releases it. */
  async lose(error: ConnectionError = exited()): Promise<void> {
    const { session } = this;
    session.lost(error);
    session.finishClosing();
    await settle();
  }

  /** Lets the connection wait long enough, and answer, to count as stable. */
  async becomeStable(): Promise<void> {
    const { probes } = this.session;
    while (!isStable(this.manager)) {
      const asked = probes.length;
      this.clock.step();
      await settle();
      if (probes.length > asked) await this.answerProbe();
    }
  }
}

function isStable(manager: ConnectionManager): boolean {
  return manager.actor.getSnapshot().matches({ active: { session: { connected: { stability: 'stable' } } } });
}

/** A real manager over real sessions whose servers are the test's. It keeps the process's clock. */
export class WireRig {
  static readonly #all: WireRig[] = [];

  /** Ends every connection that is left, whatever state it is in; on fake timers. */
  static async endAll(): Promise<void> {
    const ended = Promise.allSettled(WireRig.#all.splice(0).map(({ manager }) => manager.terminate()));
    // What does not drain or close by itself runs into its limits.
    await vi.advanceTimersByTimeAsync(60_000);
    await ended;
  }

  readonly transports: ScriptedTransport[] = [];
  readonly manager: ConnectionManager;

  constructor({ respond, ...options }: Partial<ConnectionOptions> & { respond?: Responder } = {}) {
    this.manager = new ConnectionManager({
      name: 'files',
      server: () => {
        const transport = new ScriptedTransport(respond);
        this.transports.push(transport);
        return transport;
      },
      random: () => 0.5,
      ...options,
    });
    WireRig.#all.push(this);
  }

  /** The newest transport. */
  get wire(): ScriptedTransport {
    const transport = this.transports.at(-1);
    if (transport === undefined) throw new Error('no transport was made');
    return transport;
  }

  /** The only request of this method that the newest transport has sent. */
  request(method: string): JSONRPCRequest {
    const [request, ...more] = this.wire.requests(method);
    if (request === undefined) throw new Error(`no ${method} was sent`);
    if (more.length > 0) throw new Error(`${method} was sent ${more.length + 1} times`);
    return request;
  }

  /** Answers the only request of this method. */
  answer(method: string, result: { [key: string]: unknown }): void {
    this.wire.respond(this.request(method), result);
  }
}

/** A tool's answer. */
export const DONE = { content: [{ type: 'text', text: 'done' }] };
