import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConnectionManager } from '../../src/connection/ConnectionManager.js';
import type { ConnectionOptions } from '../../src/connection/options.js';
import type { StateChange } from '../../src/index.js';
import { type ConnectionPool, createConnectionPool } from '../../src/pool/ConnectionPool.js';
import type { PoolOptions } from '../../src/pool/options.js';
import { ProcessMark } from '../integration/support.js';
import { faultyServer } from '../support/faultyServer.js';
import { PatientClock } from '../transports/stdio/support.js';
import { Baseline } from './baseline.js';
import { LiveSessions } from './liveSessions.js';
import { Strays } from './strays.js';

/** Milliseconds; generous, for a machine under load. */
const PATIENCE = 20_000;

/** Retries at once, almost; a row that is about the waits says its own. */
const quickRetries = {
  backoffStrategy: { type: 'constant', delay: 1 },
  jitter: 'none',
  minDelay: 1,
} as const;

/** A connection, with what was seen of it. */
export interface Subject {
  manager: ConnectionManager;
  changes: StateChange[];
  /** Its statuses, without repetitions. */
  statuses(): string[];
}

interface TrackedCall {
  outcome: 'pending' | 'fulfilled' | { error: unknown };
}

/**
 * Where one row of the matrix is played. Whatever the row does, the scene checks at its end what every row
 * demands: each call has settled, once, with an error that says what its caller needs; there never were two
 * live transports; processes, descriptors, timers and listeners are back where they were; and nothing came
 * to nobody.
 */
export class Scene {
  readonly #strays = new Strays();
  readonly #sessions = new LiveSessions();
  readonly #mark = new ProcessMark();
  readonly #folder = mkdtempSync(join(tmpdir(), 'mcp-lifeline-matrix-'));
  readonly #subjects: Subject[] = [];
  /** Connections of pools. */
  readonly #pooled = new Set<ConnectionManager>();
  #places = 0;
  readonly #calls: TrackedCall[] = [];
  readonly #settlements: string[] = [];
  readonly #ends: (() => unknown)[] = [];
  readonly #clocks: PatientClock[] = [];
  readonly #patience: number;
  // Last: what the scene needs itself is not the row's.
  readonly #baseline = new Baseline();

  /** @param patience how long what was let go may take to be gone; milliseconds */
  constructor(patience = PATIENCE) {
    this.#patience = patience;
  }

  /** Where servers write down what they execute. */
  get ledger(): string {
    return join(this.#folder, 'ledger');
  }

  /** A folder of the row's own. */
  get folder(): string {
    return this.#folder;
  }

  /** The processes of this row's servers, and whatever they started. */
  get mark(): ProcessMark {
    return this.#mark;
  }

  /** Sessions opened so far. */
  get sessionsOpened(): number {
    return this.#sessions.opened;
  }

  /** The scriptable server on stdio, with these faults. It writes down its executions. */
  stdio(...faults: string[]): { command: string; args: string[]; env: Record<string, string> } {
    return {
      command: process.execPath,
      args: [faultyServer, '--ledger', this.ledger, ...faults],
      env: this.#mark.env,
    };
  }

  /** A file of the row's own; its path. */
  file(name: string, content: string | Uint8Array, mode = 0o644): string {
    const path = join(this.#folder, name);
    writeFileSync(path, content, { mode });
    return path;
  }

  /** A clock that only the row moves. Give it to one connection: at the end no timer may be left on it. */
  clock(): PatientClock {
    const clock = new PatientClock();
    this.#clocks.push(clock);
    return clock;
  }

  /** Waits for what no event tells, such as a line in the ledger. */
  async until(condition: () => boolean): Promise<void> {
    const giveUp = performance.now() + this.#patience;
    while (!condition()) {
      if (performance.now() > giveUp) throw new Error(`waited in vain: ${condition}`);
      await new Promise(setImmediate);
    }
  }

  connection(options: Omit<ConnectionOptions, 'name'> & { name?: string }): Subject {
    const manager = new ConnectionManager({ name: 'peer', retryPolicy: quickRetries, ...options });
    const changes: StateChange[] = [];
    manager.on('state', (change) => changes.push(change));
    manager.on('call', ({ method, outcome }) => this.#settlements.push(`${method} ${outcome}`));
    const statuses = () =>
      changes.map(({ to }) => to.status).filter((status, index, all) => status !== all[index - 1]);
    const subject = { manager, changes, statuses };
    this.#subjects.push(subject);
    return subject;
  }

  /**
   * A pool. At the end it is drained, and its books are looked at as those of connections are.
   *
   * @param places as many of its sessions may live at a time; the scene's other connections count for themselves
   */
  pool(options: PoolOptions, places: number): ConnectionPool {
    const pool = createConnectionPool({ retryPolicy: quickRetries, ...options });
    pool.on('call', (_, { method, outcome }) => this.#settlements.push(`${method} ${outcome}`));
    pool.on('state', (name) => {
      const manager = pool.peek(name);
      if (manager !== null) this.#pooled.add(manager);
    });
    this.#places += places;
    this.onEnd(() => pool.drain());
    return pool;
  }

  /** Keeps an eye on a call; what it comes to is checked at the end. */
  call<Result>(call: Promise<Result>): Promise<Result> {
    const tracked: TrackedCall = { outcome: 'pending' };
    this.#calls.push(tracked);
    call.then(
      () => {
        tracked.outcome = 'fulfilled';
      },
      (error: unknown) => {
        tracked.outcome = { error };
      },
    );
    return call;
  }

  /** Times that servers have executed a tool; with a key, that call of it. */
  executions(tool: string, key = ''): number {
    return this.executed().filter((line) => line === `${tool} ${key}`).length;
  }

  /** `tool key` of each execution, in order. */
  executed(): string[] {
    try {
      return readFileSync(this.ledger, 'utf8').replace(/\n$/, '').split('\n');
    } catch {
      return [];
    }
  }

  /** Writes a line of the test's own between those of the servers. */
  note(line: string): void {
    appendFileSync(this.ledger, `${line}\n`);
  }

  /** Runs at the end of the row, the last first, whether it went well or not. */
  onEnd(end: () => unknown): void {
    this.#ends.push(end);
  }

  /** Ends the row's processes, so that what waits for them does not wait for a clock that stands still. */
  killAll(): void {
    for (const pid of this.#mark.pids) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // Gone meanwhile.
      }
    }
  }

  /** Ends everything that the row began. @throws Error naming each condition that does not hold */
  async end(): Promise<void> {
    const broken: string[] = [];
    try {
      await Promise.all(this.#subjects.map(({ manager }) => manager.terminate()));
      for (const end of this.#ends.reverse()) await end();
      await this.#untilGone(broken);
      for (const { delays } of this.#clocks) broken.push(...delays.map((delay) => `a timer of ${delay} ms`));
      this.#checkCalls(broken);
      if (this.#sessions.most > Math.max(1, this.#subjects.length + this.#places)) {
        broken.push(`${this.#sessions.most} live sessions of ${this.#subjects.length} connections`);
      }
    } finally {
      this.#sessions.end();
      this.killAll();
      rmSync(this.#folder, { recursive: true, force: true });
      broken.push(...this.#strays.end());
    }
    if (broken.length > 0) throw new Error(`what holds on every row does not hold:\n${broken.join('\n')}`);
  }

  async #untilGone(broken: string[]): Promise<void> {
    const giveUp = performance.now() + this.#patience;
    let left = this.#left();
    while (left.length > 0 && performance.now() < giveUp) {
      await new Promise(setImmediate);
      left = this.#left();
    }
    broken.push(...left);
  }

  /** What there is that was not there when the row began. */
  #left(): string[] {
    const left = this.#baseline.added;
    if (left.length > 0) return left;
    if (this.#sessions.count > 0) return [`${this.#sessions.count} sessions that were not closed`];
    return this.#mark.pids.map((pid) => `process ${pid}`);
  }

  #checkCalls(broken: string[]): void {
    for (const { outcome } of this.#calls) {
      if (outcome === 'pending') broken.push('a call that never settled');
      else if (outcome !== 'fulfilled') broken.push(...flawsOf(outcome.error));
    }
    let accepted = 0;
    for (const manager of new Set([...this.#subjects.map(({ manager }) => manager), ...this.#pooled])) {
      const { calls } = manager.stats;
      accepted += calls.accepted;
      if (calls.accepted !== calls.succeeded + calls.failed + calls.cancelled) {
        broken.push(`the books of ${manager.name} do not balance: ${JSON.stringify(calls)}`);
      }
    }
    if (this.#settlements.length !== accepted) {
      broken.push(`${accepted} calls were accepted, and ${this.#settlements.length} settled`);
    }
  }
}

/** What is wrong with the error of a call: ours must say which server it was and what may have happened. */
function flawsOf(error: unknown): string[] {
  if (!(error instanceof Error)) return [`a call rejected with ${String(error)}`];
  // What the server answered, or the caller's own reason for aborting, is passed on as it is.
  if (error.name === 'McpError' || error.name === 'AbortError') return [];
  const flaws: string[] = [];
  if (!('code' in error) || typeof error.code !== 'string') flaws.push(`an error without a code: ${error}`);
  if (!('mayHaveExecuted' in error) || typeof error.mayHaveExecuted !== 'boolean') {
    flaws.push(`an error that does not say whether the call may have been executed: ${error}`);
  }
  if (!error.message.startsWith('peer')) flaws.push(`an error that does not name the server: ${error}`);
  return flaws;
}
