import type { AdvancingClock, PlayedCall, ToolCaller } from '../callScript.js';
import { watchCall } from '../callScript.js';

/** What the commands use: a `ConnectionManager` is one, and so is whatever connects, disconnects and calls. */
export interface Connectable extends ToolCaller {
  connect(): Promise<unknown>;
  disconnect(): Promise<unknown>;
}

/** A connection that commands are run against, and its surroundings. */
export interface ConnectionSubject {
  readonly connection: Connectable;
  /** Lets time go by, for the connection and its server: a `SteppingClock` where both live on it. */
  readonly clock: AdvancingClock;
  /** Breaks what is connected now, as the death of its server would. A server is there again for who connects anew. */
  lose(): void | Promise<void>;
  /** A tool that the server has and answers. Default `echo` with a `text`. */
  readonly call?: { readonly name: string; readonly arguments: { readonly [name: string]: unknown } };
  /**
   * The longest time, in milliseconds, that anything may take once the server is there: coming back included.
   * Default 600,000.
   */
  readonly patience?: number;
  /** Whether calls are refused while nobody wants the connection. Default true. */
  readonly refusesWhenDown?: boolean;
}

/** What must be so, as far as the commands know. */
export interface ConnectionModel {
  /** What was asked for last. */
  wish: 'up' | 'down';
  /** It was seen to work since it was asked for: from then on it must come back, however often it is lost. */
  wasUp: boolean;
}

/** A promise of the connection was still pending, or a call ended otherwise than it must. */
export class BrokenPromiseError extends Error {
  /** Stable. */
  readonly code = 'BROKEN_PROMISE';

  constructor(message: string) {
    super(message);
    this.name = 'BrokenPromiseError';
  }
}

/** The connection while commands run: remembers every promise that it gave. */
export class ConnectionRun {
  readonly subject: ConnectionSubject;
  /** Everything that was asked of it, oldest first. */
  readonly asked: PlayedCall[] = [];

  constructor(subject: ConnectionSubject) {
    this.subject = subject;
  }

  connect(): void {
    this.asked.push(watchCall('connect', async () => this.subject.connection.connect()));
  }

  disconnect(): void {
    this.asked.push(watchCall('disconnect', async () => this.subject.connection.disconnect()));
  }

  call(): PlayedCall {
    const { name, arguments: args } = this.subject.call ?? { name: 'echo', arguments: { text: 'hi' } };
    const call = watchCall(`call of ${name}`, async () =>
      this.subject.connection.callTool({ name, arguments: { ...args } }),
    );
    this.asked.push(call);
    return call;
  }

  /** Gives everything the time it may take. */
  async rest(): Promise<void> {
    await this.subject.clock.advance(this.patience);
  }

  get patience(): number {
    return this.subject.patience ?? 600_000;
  }
}

/** For `fc.asyncModelRun`: a connection that nobody has asked for yet. */
export function connectionRun(
  subject: ConnectionSubject,
): () => { model: ConnectionModel; real: ConnectionRun } {
  return () => ({ model: { wish: 'down', wasUp: false }, real: new ConnectionRun(subject) });
}
