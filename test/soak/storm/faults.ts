import { seededRandom } from '../../../src/testing/seededRandom.js';

/**
 * - `kill`: SIGKILL.
 * - `freeze`: SIGSTOP, and nobody wakes it: the health check must find it.
 * - `pause`: SIGSTOP, and SIGCONT later.
 * - `end`: its input ends. Over HTTP, where there is none: it forgets its sessions.
 * - `reconnect`: the user asks for a new session.
 */
export type FaultKind = 'kill' | 'freeze' | 'pause' | 'end' | 'reconnect';

export interface Fault {
  readonly kind: FaultKind;
  /** Calls of this server that settle since the fault before it. */
  readonly after: number;
  /** Wait until it is connected; otherwise it may also hit a server that is just being started. */
  readonly whenConnected: boolean;
  /** Calls of all servers that settle until one that is paused goes on. */
  readonly pause: number;
}

const KINDS: readonly FaultKind[] = [
  ...Array.from({ length: 7 }, () => 'kill' as const),
  ...Array.from({ length: 2 }, () => 'freeze' as const),
  ...Array.from({ length: 3 }, () => 'pause' as const),
  ...Array.from({ length: 4 }, () => 'end' as const),
  ...Array.from({ length: 4 }, () => 'reconnect' as const),
];

const MOST_CALLS_BETWEEN = 120;
const LONGEST_PAUSE = 400;

/** The faults of each server, in order. The same seed gives the same faults. */
export function drawFaults(seed: number, servers: number, count: number): Fault[][] {
  const random = seededRandom(seed);
  const upTo = (most: number) => Math.floor(random() * most);
  const faults: Fault[][] = Array.from({ length: servers }, () => []);
  for (let fault = 0; fault < count; fault += 1) {
    const kind = KINDS[upTo(KINDS.length)] ?? 'kill';
    faults[upTo(servers)]?.push({
      kind,
      after: upTo(MOST_CALLS_BETWEEN),
      whenConnected: random() < 0.7,
      pause: 1 + upTo(LONGEST_PAUSE),
    });
  }
  return faults;
}
