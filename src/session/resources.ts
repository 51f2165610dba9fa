import type { ConnectionHandle } from '../../machines/index.js';
import type { Clock } from '../clock.js';
import type { ConnectionError } from '../errors.js';
import type { SessionFactory, SessionPort } from './port.js';

/** Lets connections start a few at a time. */
export interface StartGate {
  /** Resolves with the permit's return when it is the caller's turn; rejects with the signal's reason. */
  enter(signal: AbortSignal): Promise<() => void>;
}

/** Everything alive that belongs to one connection, kept out of its context. */
export interface ConnectionResources {
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
  readonly createSession: SessionFactory;
  readonly gate: StartGate | null;
  /** Resolves when no call is in flight. */
  readonly whenIdle: () => Promise<void>;
  /** The session of `active.session`. */
  session: SessionPort | null;
  /** Sessions that were left and have not ended completely. */
  readonly retired: Set<SessionPort>;
  /** The last loss as it was thrown, for its cause; the chart keeps the record. */
  lastError: ConnectionError | null;
  /** The session that met the 401, and the code that answers it. */
  challenged: SessionPort | null;
  authorizationCode: string | null;
  /** Gives the turn to the next in line. */
  leaveGate: (() => void) | null;
}

const resources = new WeakMap<ConnectionHandle, ConnectionResources>();

/** A new handle, and the live things behind it. */
export function createHandle(
  live: Pick<ConnectionResources, 'clock' | 'random' | 'createSession' | 'gate' | 'whenIdle'>,
): ConnectionHandle {
  const handle: ConnectionHandle = {};
  resources.set(handle, {
    ...live,
    session: null,
    retired: new Set(),
    lastError: null,
    challenged: null,
    authorizationCode: null,
    leaveGate: null,
  });
  return handle;
}

/** @throws Error when the handle was not made by `createHandle` in this process. */
export function resourcesOf(handle: ConnectionHandle): ConnectionResources {
  const found = resources.get(handle);
  if (found === undefined) {
    throw new Error(
      'This connection handle belongs to no live connection: use connectionInput() for the input. A snapshot cannot be resumed; start again from disconnected.',
    );
  }
  return found;
}
