import type { DaemonContext, DaemonEvent } from './daemon.types.js';

/** A command that a state of the daemon's chart takes no notice of, on purpose. */
export interface IgnoredDaemonEvent {
  /** Path of the state, children included. */
  state: string;
  event: DaemonEvent['type'];
  /** Only where this holds; without it, always. */
  when?: { holds(context: DaemonContext): boolean; condition: string };
  reason: string;
}

const notYet = 'nobody can find it yet';
const leaving = 'it leaves, whoever is there';
const already = 'already so';
const over = 'over for good';

/** Every (state, event) pair of the daemon's chart that is not taken. */
export const IGNORED_DAEMON_EVENTS: readonly IgnoredDaemonEvent[] = [
  { state: 'starting.claiming', event: 'client.came', reason: notYet },
  { state: 'starting.claiming', event: 'client.left', reason: notYet },
  { state: 'starting.reaping', event: 'client.came', reason: notYet },
  { state: 'starting.reaping', event: 'client.left', reason: notYet },
  { state: 'draining', event: 'daemon.drain', reason: already },
  { state: 'draining', event: 'client.came', reason: leaving },
  { state: 'draining', event: 'client.left', reason: leaving },
  { state: 'stopping', event: 'daemon.drain', reason: 'further than that already' },
  { state: 'stopping', event: 'daemon.stop', reason: already },
  { state: 'stopping', event: 'client.came', reason: leaving },
  { state: 'stopping', event: 'client.left', reason: leaving },
  { state: 'stopped', event: 'daemon.drain', reason: over },
  { state: 'stopped', event: 'daemon.stop', reason: over },
  { state: 'stopped', event: 'client.came', reason: over },
  { state: 'stopped', event: 'client.left', reason: over },
];
