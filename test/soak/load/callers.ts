import { DaemonClient } from '../../../src/daemon/client/DaemonClient.js';
import { DaemonLink } from '../../../src/daemon/client/DaemonLink.js';
import { DaemonRequestError } from '../../../src/daemon/client/DaemonRequestError.js';
import type { Setting } from '../../../src/daemon/client/setting.js';
import { isLifelineError } from '../../../src/errors.js';

/** How a call ended. `mayHaveExecuted` is null when the error does not say. */
export type CallEnd =
  | { readonly how: 'succeeded' }
  | {
      readonly how: 'failed';
      readonly code: string;
      readonly mayHaveExecuted: boolean | null;
      readonly message: string;
    };

export interface KilledCall {
  readonly key: string;
  /** How many daemons were dead when it began. */
  readonly begunAfter: number;
  /** How many had been sent SIGKILL when it ended. */
  endedAfter: number | null;
  end: CallEnd | null;
  settlements: number;
}

/** What a caller needs to know of the kills. */
export interface Kills {
  readonly sent: number;
  /** Of these, how many have died of it: that takes a moment, in which it can still be connected to. */
  readonly done: number;
}

/**
 * Callers that call without a pause, each with one call at a time, as the command does it: the daemon that there is, or
 * a new one. Every second keeps its client, as hosts do; the others make one for each call, as commands do.
 */
export class Callers {
  readonly calls: KilledCall[] = [];
  readonly #setting: Setting;
  readonly #servers: readonly string[];
  readonly #kills: Kills;
  #isOver = false;
  #settled = 0;
  #loops: Promise<void>[] = [];

  constructor(setting: Setting, servers: readonly string[], kills: Kills) {
    this.#setting = setting;
    this.#servers = servers;
    this.#kills = kills;
  }

  start(count: number): void {
    this.#loops = Array.from({ length: count }, (_, index) => this.#loop(index));
  }

  get settled(): number {
    return this.#settled;
  }

  get inFlight(): number {
    return this.calls.filter(({ end }) => end === null).length;
  }

  /** Resolves when all have ended their last call. */
  async stop(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#loops);
  }

  async #loop(caller: number): Promise<void> {
    const keepsClient = caller % 2 === 0;
    let client = this.#client();
    for (let turn = 0; !this.#isOver; turn += 1) {
      const server = this.#servers[(caller + turn) % this.#servers.length] ?? '';
      const call: KilledCall = {
        key: `${caller}-${turn}`,
        begunAfter: this.#kills.done,
        endedAfter: null,
        end: null,
        settlements: 0,
      };
      this.calls.push(call);
      // Some take their time, so that a kill finds them at the server.
      const args = { key: call.key, delay: turn % 3 === 0 ? 20 : 0 };
      await client.callTool(server, 'work', args).then(
        () => this.#ended(call, { how: 'succeeded' }),
        (error: unknown) => this.#ended(call, failed(error)),
      );
      if (keepsClient) continue;
      await client.close();
      client = this.#client();
    }
    await client.close();
  }

  #client(): DaemonClient {
    return new DaemonClient(new DaemonLink({ setting: this.#setting, mayStart: true }));
  }

  #ended(call: KilledCall, end: CallEnd): void {
    call.settlements += 1;
    call.end = end;
    call.endedAfter = this.#kills.sent;
    this.#settled += 1;
  }
}

/** Nobody had begun with a call that ended so: there was no daemon that it could be brought to. */
const NOTHING_BEGUN = ['NO_DAEMON', 'DAEMON_FAILED', 'DAEMON_FROZEN'];

function failed(error: unknown): CallEnd {
  const code = isLifelineError(error) ? error.code : 'UNKNOWN';
  const whetherBegun = NOTHING_BEGUN.includes(code) ? false : null;
  const mayHaveExecuted = error instanceof DaemonRequestError ? error.mayHaveExecuted : whetherBegun;
  return { how: 'failed', code, mayHaveExecuted, message: String(error) };
}
