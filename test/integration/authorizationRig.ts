import { expect } from 'vitest';
import type { CallError, ConnectionManager, ConnectionOptions } from '../../src/index.js';
import { type Counts, type Faults, ProtectedServer } from './authorizationServer.js';
import { User } from './authorizationUser.js';
import { connection, type Watched } from './support.js';

/** A connection to a protected server, and the user whose consent it needs. */
export class Rig {
  readonly server: ProtectedServer;
  readonly user: User;
  readonly watched: Watched;

  private constructor(server: ProtectedServer, user: User, watched: Watched) {
    this.server = server;
    this.user = user;
    this.watched = watched;
  }

  static async start(
    faults: Faults = {},
    { user = new User(), ...options }: Partial<Omit<ConnectionOptions, 'name'>> & { user?: User } = {},
  ): Promise<Rig> {
    const server = await ProtectedServer.start(faults);
    const watched = connection({ server: { url: server.url }, authProvider: user, ...options });
    return new Rig(server, user, watched);
  }

  get manager(): ConnectionManager {
    return this.watched.manager;
  }

  /** Retries that the chart has counted. */
  get attempts(): number {
    return this.manager.actor.getSnapshot().context.attempts;
  }

  /** Brings the connection up, by way of the user. */
  async connect(): Promise<void> {
    await expect(this.manager.connect()).rejects.toMatchObject({ code: 'AUTHORIZATION_REQUIRED' });
    await this.consent();
    await this.manager.connect();
  }

  /** The user says yes, and comes back with a code that is good for an authorization. */
  async consent(): Promise<void> {
    await this.manager.authorize(await this.code());
  }

  async code(): Promise<string> {
    const code = await this.user.code();
    if (code === null) throw new Error('the user said no');
    return code;
  }

  call(tool: 'write' | 'erase' | 'roots') {
    return this.manager.callTool({ name: tool });
  }

  /** What `work` rejects with, and what was counted while it ran. */
  async refused(work: () => Promise<unknown>): Promise<{ error: CallError; counted: Counts }> {
    const before = await this.server.counts();
    const error = await work().then(
      () => {
        throw new Error('expected a refusal');
      },
      (reason) => reason,
    );
    return { error, counted: difference(await this.server.counts(), before) };
  }

  /** What was counted while `work` ran. */
  async counted(work: () => Promise<unknown>): Promise<Counts> {
    const before = await this.server.counts();
    await work();
    return difference(await this.server.counts(), before);
  }
}

function difference(after: Counts, before: Counts): Counts {
  const result = { ...after };
  let name: keyof Counts;
  for (name in before) result[name] -= before[name];
  return result;
}
