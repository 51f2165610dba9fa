/** What the promises of a manager wait for, and how they end otherwise. */
import type { ConnectedInfo, ConnectionErrorRecord, HealthStatus } from '../../machines/index.js';
import { ConnectionError, WaitError } from '../errors.js';
import type { ConnectionResources } from '../session/resources.js';
import type { Settlement } from './settlements.js';
import {
  type ConnectionSnapshot,
  type ConnectionState,
  isTagged,
  projectHealth,
  projectState,
  statusOf,
} from './state.js';

export type Decide<Value> = (snapshot: ConnectionSnapshot) => Settlement<Value>;

type Live = Pick<ConnectionResources, 'lastError'>;

/** The error of a snapshot as it is thrown: with the cause of the loss, which context cannot hold. */
export function toConnectionError(name: string, record: ConnectionErrorRecord, live: Live): ConnectionError {
  const { lastError } = live;
  // The chart finds errors of its own; the last one thrown is then an older one.
  const isSame = lastError?.code === record.code && lastError.message === record.message;
  const cause = isSame ? lastError.cause : undefined;
  return new ConnectionError(record.code, `${name}: ${record.message}`, {
    ...(cause === undefined ? {} : { cause }),
    details: record.details,
  });
}

export function untilConnected(name: string, live: Live): Decide<ConnectedInfo> {
  return (snapshot) => {
    const state = projectState(snapshot);
    const { intent, error } = snapshot.context;
    switch (state.status) {
      case 'connected':
        return intent === 'connected' ? { value: state.info } : superseded(name);
      case 'failed':
        return { error: toConnectionError(name, state.error, live) };
      case 'terminated':
        return terminated(name);
      case 'authorizing':
        // While the code is exchanged, nothing is refused yet.
        if (error === null || isTagged(snapshot, 'exchanging')) return null;
        return { error: toConnectionError(name, error, live) };
      default:
        return intent === 'connected' ? null : superseded(name);
    }
  };
}

export function untilDisconnected(name: string, live: Live): Decide<void> {
  return (snapshot) => {
    const unreleased = unlessReleased(name, snapshot, live);
    if (unreleased !== null) return unreleased;
    const status = statusOf(snapshot);
    if (status === 'disconnected' || status === 'terminated') return { value: undefined };
    return snapshot.context.intent === 'connected' ? superseded(name) : null;
  };
}

export function untilTerminated(name: string, live: Live): Decide<void> {
  return (snapshot) => {
    if (snapshot.status === 'active') return null;
    return unlessReleased(name, snapshot, live) ?? { value: undefined };
  };
}

export function untilChecked(name: string, isChecked: () => boolean): Decide<HealthStatus> {
  return (snapshot) => {
    const health = projectHealth(snapshot);
    if (isChecked() && health !== null) return { value: health };
    if (isTagged(snapshot, 'usable')) return null;
    return { error: new WaitError('NOT_CONNECTED', `${name}: no session to check (${statusOf(snapshot)})`) };
  };
}

/** Whether the user was asked, and the session that asked is still being released. */
export function isLeavingToAuthorize(snapshot: ConnectionSnapshot): boolean {
  return statusOf(snapshot) === 'reconnecting' && snapshot.context.error?.code === 'AUTHORIZATION_REQUIRED';
}

export function untilLeft(name: string): Decide<void> {
  return (snapshot) => {
    if (isLeavingToAuthorize(snapshot)) return null;
    return overruled(name, snapshot) ?? { value: undefined };
  };
}

export function untilAuthorized(name: string, live: Live): Decide<void> {
  let wasExchanging = false;
  return (snapshot) => {
    if (isTagged(snapshot, 'exchanging')) {
      wasExchanging = true;
      return null;
    }
    const { error } = snapshot.context;
    if (!wasExchanging) {
      const reason = { code: 'AUTHORIZATION_FAILED', message: 'no authorization is waited for' } as const;
      return { error: toConnectionError(name, reason, live) };
    }
    const somethingElse = overruled(name, snapshot);
    if (somethingElse !== null) return somethingElse;
    if (statusOf(snapshot) === 'authorizing' && error !== null) {
      return { error: toConnectionError(name, error, live) };
    }
    return { value: undefined };
  };
}

export function untilMatched(
  name: string,
  matches: (state: ConnectionState) => boolean,
): Decide<ConnectionState> {
  return (snapshot) => {
    const state = projectState(snapshot);
    if (matches(state)) return { value: state };
    if (snapshot.status === 'active') return null;
    return {
      error: new WaitError('TERMINATED', `${name}: terminated, and was asked to wait for another state`),
    };
  };
}

/** Somebody wants something else than to be connected. */
function overruled(name: string, { context }: ConnectionSnapshot): Settlement<never> {
  if (context.intent === 'connected') return null;
  return context.intent === 'terminated' ? terminated(name) : superseded(name);
}

function terminated(name: string): { error: WaitError } {
  return { error: new WaitError('TERMINATED', `${name}: terminated`) };
}

function superseded(name: string): { error: WaitError } {
  return { error: new WaitError('SUPERSEDED', `${name}: somebody asked for something else meanwhile`) };
}

function unlessReleased(name: string, snapshot: ConnectionSnapshot, live: Live): Settlement<never> {
  const { failure, error } = snapshot.context;
  if (failure !== 'unreleased' || error === null) return null;
  return { error: toConnectionError(name, error, live) };
}
