import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { type Clock, systemClock } from '../../src/clock.js';
import { ConnectionManager, type ConnectionOptions, type StateChange } from '../../src/index.js';

/** A file of an installed package. */
export function installed(path: string): string {
  return fileURLToPath(new URL(`../../node_modules/${path}`, import.meta.url));
}

/** Retries as the defaults say, without their waits. */
const quickRetries = {
  backoffStrategy: { type: 'constant', delay: 1 },
  jitter: 'none',
  minDelay: 1,
} as const;

/** A connection that ends with the test, and what became of it. */
export interface Watched {
  manager: ConnectionManager;
  changes: StateChange[];
  /** Its states in words, the phases of an attempt by their names. */
  states(): string[];
}

export function connection(options: Omit<ConnectionOptions, 'name'>): Watched {
  const manager = new ConnectionManager({ name: 'peer', retryPolicy: quickRetries, ...options });
  const changes: StateChange[] = [];
  manager.on('state', (change) => changes.push(change));
  onTestFinished(() => manager.terminate());
  const states = () => changes.map(({ to }) => (to.status === 'connecting' ? to.phase : to.status));
  return { manager, changes, states };
}

/** The way up of every connection. */
export const ascent = [
  'queued',
  'transportSetup',
  'handshakeStart',
  'capabilityNegotiation',
  'healthCheck',
  'connected',
];

/**
 * Recognises the processes of one server by a variable in their environment, which whatever they start
 * inherits.
 */
export class ProcessMark {
  readonly #value = randomUUID();

  constructor() {
    if (!existsSync('/proc/self/environ')) throw new Error('this test looks at processes in /proc');
  }

  get env(): { LIFELINE_TEST: string } {
    return { LIFELINE_TEST: this.#value };
  }

  /** Those that live. */
  get pids(): number[] {
    return readdirSync('/proc')
      .map(Number)
      .filter((pid) => pid > 0 && this.#isOn(pid));
  }

  /** The one that we started ourselves. */
  get leader(): number {
    const leader = this.pids.find((pid) => parentOf(pid) === process.pid);
    if (leader === undefined) throw new Error('the server does not run');
    return leader;
  }

  /** Those that the server started. */
  get others(): number[] {
    const { leader } = this;
    return this.pids.filter((pid) => pid !== leader);
  }

  #isOn(pid: number): boolean {
    try {
      return readFileSync(`/proc/${pid}/environ`, 'latin1').includes(this.#value);
    } catch {
      // Gone meanwhile, or not ours.
      return false;
    }
  }
}

function parentOf(pid: number): number {
  return Number(/^PPid:\s*(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]);
}

/** The clock of the process, that remembers which timers ran out. */
export class RecordingClock implements Clock {
  readonly fired: number[] = [];

  now(): number {
    return systemClock.now();
  }

  time(): number {
    return systemClock.time();
  }

  setTimeout(callback: () => void, delay: number): unknown {
    return systemClock.setTimeout(() => {
      this.fired.push(delay);
      callback();
    }, delay);
  }

  clearTimeout(timer: unknown): void {
    systemClock.clearTimeout(timer);
  }
}
