import { messageOf } from '../../../src/errors.js';
import { ConnectionManager, type ServerDefinition } from '../../../src/index.js';
import { seededRandom } from '../../../src/testing/seededRandom.js';
import type { Fault } from './faults.js';
import { Caller, type LoadedCall } from './load.js';
import { Tally } from './tally.js';

const CALLERS = 4;
/** Calls that must succeed after the last fault. */
const PROOFS = 20;

/** Limits that are short, and real: milliseconds of the clock of the process. */
const CONFIG = {
  retryPolicy: {
    initialAttempts: 'unlimited',
    backoffStrategy: { type: 'exponential', initial: 10, multiplier: 2, maxDelay: 250 },
    minDelay: 1,
    stableAfter: 500,
  },
  healthCheck: { interval: 250, timeout: 500, failureThreshold: 2, confirmAfter: 50 },
  timeout: { connect: 10_000, transport: 5_000, negotiation: 5_000, drain: 5_000, call: 30_000 },
} as const;

/** One connection under steady calls and the faults of its server. */
export class Station {
  readonly name: string;
  readonly ledger: string;
  readonly manager: ConnectionManager;
  /** Calls of this station that have settled. */
  readonly settled = new Tally();
  /** What became of the `reconnect()` calls; null while one is under way. */
  readonly reconnects: (string | null)[] = [];
  injected = 0;
  readonly #callers: readonly Caller[];
  #proofs = 0;
  #isStorming = true;
  #load: Promise<unknown> = Promise.resolve();

  constructor(name: string, server: ServerDefinition, ledger: string, seed: number, settledInAll: Tally) {
    this.name = name;
    this.ledger = ledger;
    this.manager = new ConnectionManager({ name, server, ...CONFIG, random: seededRandom(seed) });
    this.#callers = Array.from({ length: CALLERS }, (_, index) => {
      return new Caller(this.manager, `${name}/${index}`, seed + index, ({ how }) => {
        if (how === 'succeeded') this.#proofs += 1;
        this.settled.add();
        settledInAll.add();
      });
    });
  }

  get calls(): LoadedCall[] {
    return this.#callers.flatMap(({ calls }) => calls);
  }

  /** Connects, and calls from now on. */
  async begin(): Promise<void> {
    await this.manager.connect();
    const goesOn = () => this.#isStorming || this.#proofs < PROOFS;
    this.#load = Promise.all(this.#callers.map((caller) => caller.callWhile(goesOn)));
  }

  /** Meets its faults, one after the other. */
  async weather(faults: readonly Fault[], inject: (fault: Fault) => Promise<void>): Promise<void> {
    for (const fault of faults) {
      await this.settled.after(fault.after);
      if (fault.whenConnected) await this.manager.waitFor('connected');
      if (fault.kind === 'reconnect') this.#reconnect();
      else await inject(fault);
      this.injected += 1;
    }
  }

  /** Ends the calls, as soon as some show that the storm is over. */
  async end(): Promise<void> {
    this.#proofs = 0;
    this.#isStorming = false;
    await this.#load;
  }

  /** What comes of it is told at the end: the faults go on meanwhile. */
  #reconnect(): void {
    const index = this.reconnects.push(null) - 1;
    this.manager.reconnect().then(
      () => {
        this.reconnects[index] = 'connected';
      },
      (error: unknown) => {
        this.reconnects[index] = messageOf(error);
      },
    );
  }
}
