import type { InspectionEvent } from 'xstate';
import { ConnectionManager } from '../../src/connection/ConnectionManager.js';
import type { ConnectionConfig, ConnectionOptions, Logger } from '../../src/connection/options.js';
import { stateInWords } from '../../src/connection/state.js';
import { ConnectionError } from '../../src/errors.js';
import type { StartGate } from '../../src/session/resources.js';
import { seededRandom } from '../../src/testing/seededRandom.js';
import { SteppingClock } from '../../src/testing/steppingClock.js';
import { WatchedSession } from './watchedSession.js';

/** What a promise of the manager was asked for. */
export type Asked =
  | 'connect'
  | 'reconnect'
  | 'disconnect'
  | 'terminate'
  | 'checkHealth'
  | 'authorize'
  | 'waitFor';

/** A promise that the manager gave. */
export interface GivenPromise {
  readonly asked: Asked;
  /** Counts the promises of the rig. */
  readonly number: number;
  readonly controller: AbortController;
  readonly hasTimeout: boolean;
  /** Null while it is pending. */
  outcome: { fulfilled: unknown } | { rejected: unknown } | null;
}

export interface RigOptions {
  config?: ConnectionConfig & Pick<ConnectionOptions, 'requiredCapabilities'>;
  /** Seed of the random numbers the connection draws. */
  seed?: number;
  /** Starts wait until `turns` are granted. Default false: there is no gate. */
  isGated?: boolean;
  /** Every listener, logger and inspector throws. Default false. */
  isHostile?: boolean;
  /** Appears in everything that may hold a secret. */
  secret?: string;
  inspect?: ((event: InspectionEvent) => void) | undefined;
  /** Default: sessions that do nothing until they are told to. */
  createSession?: ((epoch: number) => WatchedSession) | undefined;
}

/** A gate that lets nobody in until it is told to. */
export class ScriptedGate implements StartGate {
  entered = 0;
  left = 0;
  #waiting: { enter(): void; refuse(error: Error): void }[] = [];

  enter(signal: AbortSignal): Promise<() => void> {
    return new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      const enter = () => {
        if (signal.aborted) return;
        this.entered += 1;
        resolve(() => {
          this.left += 1;
        });
      };
      this.#waiting.push({ enter, refuse: reject });
    });
  }

  /** Whoever waits may enter. */
  admit(): void {
    for (const { enter } of this.#waiting) enter();
    this.#waiting = [];
  }

  /** Whoever waits is sent away. */
  refuse(): void {
    for (const { refuse } of this.#waiting) refuse(new Error('the gate is shut'));
    this.#waiting = [];
  }
}

/** A real manager over scripted sessions and a stepping clock, with a record of all it does. */
export class ConnectionRig {
  readonly clock = new SteppingClock();
  readonly sessions: WatchedSession[] = [];
  readonly promises: GivenPromise[] = [];
  readonly gate: ScriptedGate | null;
  readonly manager: ConnectionManager;
  /** Every change of state and every settled promise, one line each. */
  readonly trace: string[] = [];
  /** What the manager logged. */
  readonly logged: string[] = [];
  readonly secret: string;
  /** Where the next session throws. */
  breakNext: 'making' | 'opening' | null = null;

  constructor(options: RigOptions = {}) {
    const { config, seed = 1, isGated = false, isHostile = false, secret = 'a secret', inspect } = options;
    this.secret = secret;
    this.gate = isGated ? new ScriptedGate() : null;
    this.manager = new ConnectionManager({
      name: 'rigged',
      server: { command: 'never started', env: { TOKEN: secret } },
      secrets: [secret],
      ...config,
      clock: this.clock,
      random: seededRandom(seed),
      logger: this.#logger(isHostile),
      inspect: isHostile ? throwing : inspect,
      ...(this.gate && { gate: this.gate }),
      createSession: (epoch) => {
        const broken = this.breakNext;
        this.breakNext = null;
        if (broken === 'making') throw new Error('no session can be made');
        const session = options.createSession?.(epoch) ?? new WatchedSession(epoch);
        if (broken === 'opening') session.openError = new ConnectionError('TRANSPORT_FAILED', 'it threw');
        this.sessions.push(session);
        return session;
      },
    });
    // The hostile ones come first: those after them are still told.
    if (isHostile)
      for (const name of ['state', 'health', 'call', 'notification'] as const)
        this.manager.on(name, throwing);
    this.manager.on('state', ({ to, cause }) => this.#note(`${stateInWords(to)} (${cause})`));
    this.manager.on('health', (health) => this.#note(`health ${health?.status}`));
  }

  /** The newest session. */
  get session(): WatchedSession | undefined {
    return this.sessions.at(-1);
  }

  /** Sessions that are open or have not ended completely. */
  get liveSessions(): WatchedSession[] {
    return this.sessions.filter(({ isLive }) => isLive);
  }

  get pendingPromises(): GivenPromise[] {
    return this.promises.filter(({ outcome }) => outcome === null);
  }

  /** Keeps an eye on a promise of the manager. */
  ask(
    asked: Asked,
    start: (signal: AbortSignal) => Promise<unknown>,
    { hasTimeout = false }: { hasTimeout?: boolean } = {},
  ): GivenPromise {
    const controller = new AbortController();
    const promise: GivenPromise = {
      asked,
      number: this.promises.length + 1,
      controller,
      hasTimeout,
      outcome: null,
    };
    this.promises.push(promise);
    start(controller.signal).then(
      (value) => {
        promise.outcome = { fulfilled: value };
        this.#note(`${asked} #${promise.number} fulfilled`);
      },
      (error: unknown) => {
        promise.outcome = { rejected: error };
        this.#note(`${asked} #${promise.number} rejected: ${error instanceof Error ? error.message : error}`);
      },
    );
    return promise;
  }

  #note(line: string): void {
    this.trace.push(`${this.clock.now()} ${line}`);
  }

  #logger(isHostile: boolean): Logger {
    const log = (message: string) => {
      this.logged.push(message);
      if (isHostile) throwing();
    };
    return { debug: log, warn: log };
  }
}

function throwing(): never {
  throw new Error('hostile');
}
