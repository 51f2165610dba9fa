import { fromCallback, fromPromise } from 'xstate';
import {
  type ConnectionHandle,
  DEFAULT_HEALTH_CHECK,
  type ProbeInput,
  type ProbeOutput,
  type ReleaseOutput,
  type SessionCommand,
  type SessionFact,
  type SessionInput,
} from '../../machines/index.js';
import { ConnectionError, messageOf } from '../errors.js';
import type { SessionObserver, SessionPort, Traffic } from './port.js';
import { type ConnectionResources, resourcesOf } from './resources.js';

/** Waits at the gate for the turn to start; without a gate it is our turn. */
export const turn = fromPromise<void, { handle: ConnectionHandle }>(async ({ input, signal }) => {
  const live = resourcesOf(input.handle);
  if (live.gate === null || live.leaveGate !== null) return;
  let leave: () => void;
  try {
    leave = await live.gate.enter(signal);
  } catch (error) {
    if (signal.aborted) throw error;
    throw remember(live, internalError('gate.enter', error));
  }
  if (signal.aborted) return leave();
  live.leaveGate = leave;
  // Given up before the chart heard of it: no session will give the turn back.
  signal.addEventListener('abort', () => leaveGate(live), { once: true });
});

/** Owns one session for as long as it runs, and tells the chart what happens to it. */
export const session = fromCallback<SessionCommand, SessionInput>(({ input, receive, sendBack }) => {
  const live = resourcesOf(input.handle);
  const { clock } = live;
  const current = createSession(live, input.epoch);
  const report = (fact: SessionFact) => sendBack(fact);
  live.session = current;

  const leave = () => {
    leaveGate(live);
    live.session = null;
    live.retired.add(current);
    // `release` waits for the end, and is told when it does not come.
    void close(live, current).catch(() => {});
  };
  const orLeave = (act: () => void) => {
    try {
      act();
    } catch (error) {
      // XState knows no cleanup of a callback that threw.
      leave();
      throw error;
    }
  };

  receive((command) => {
    if (command.type === 'session.accept') orLeave(() => current.accept());
    else void drain(live).then(() => report({ type: 'session.drained' }));
  });

  const observer: SessionObserver = {
    opened: () => report({ type: 'transport.opened' }),
    answered: (answer) => report({ type: 'handshake.answered', answer }),
    // What a session says after it was left changes nothing, also not what errors and turns are kept here.
    completed: () => {
      if (live.session !== current) return;
      leaveGate(live);
      report({ type: 'handshake.completed', at: clock.now(), time: clock.time() });
    },
    heard: () => {
      if (live.session === current) report({ type: 'session.heard', at: clock.now(), time: clock.time() });
    },
    lost: (error) => {
      if (live.session !== current) return;
      remember(live, error);
      live.challenged = error.code === 'AUTHORIZATION_REQUIRED' ? current : null;
      report({ type: 'session.lost', error: error.toRecord() });
    },
  };
  orLeave(() => current.open(observer));
  return leave;
});

/** Puts back what the session before had set up. */
export const restore = fromPromise<void, { handle: ConnectionHandle }>(async ({ input }) => {
  await resourcesOf(input.handle).session?.restore();
});

/** Looks for a proof of life: recent traffic where that is enough, else an answer. */
export const probe = fromPromise<ProbeOutput, ProbeInput>(async ({ input, signal }) => {
  const { clock, session: current } = resourcesOf(input.handle);
  if (current === null) throw new ConnectionError('CONNECTION_CLOSED', 'there is no session to probe');
  const began = clock.now();
  const due = untilProbe(input, current.traffic, began);
  if (input.urgency === 'routine' && due > 0) {
    const evidenceAt = current.traffic.receivedAt;
    return { at: began, time: clock.time(), evidence: 'traffic', evidenceAt, latency: null, nextDelay: due };
  }
  await current.ask(input.method, signal);
  const at = clock.now();
  const nextDelay = untilProbe(input, { receivedAt: at, sentAt: at }, at);
  return { at, time: clock.time(), evidence: 'reply', evidenceAt: at, latency: at - began, nextDelay };
});

/** Waits until every session that was left has ended completely. */
export const release = fromPromise<ReleaseOutput, { handle: ConnectionHandle }>(async ({ input }) => {
  const live = resourcesOf(input.handle);
  const { clock, random } = live;
  const startedAt = clock.now();
  await Promise.all([...live.retired].map((left) => close(live, left)));
  return { startedAt, at: clock.now(), random: random() };
});

/** Exchanges the authorization code on the session that was asked for it, until the chart wants it no more. */
export const authorize = fromPromise<void, { handle: ConnectionHandle }>(async ({ input, signal }) => {
  const live = resourcesOf(input.handle);
  const { challenged, authorizationCode } = live;
  live.authorizationCode = null;
  if (challenged === null || authorizationCode === null) {
    throw new ConnectionError('AUTHORIZATION_FAILED', 'no authorization is under way');
  }
  try {
    await challenged.finishAuth(authorizationCode, signal);
  } catch (error) {
    if (signal.aborted) throw error;
    throw remember(live, refusedAuthorization(error));
  }
});

function createSession(live: ConnectionResources, epoch: number): SessionPort {
  try {
    return live.createSession(epoch);
  } catch (error) {
    // Nobody is left to give the turn back.
    leaveGate(live);
    throw remember(live, internalError('createSession', error));
  }
}

/** The chart keeps the record of an error; whoever is told of it also gets its cause. */
function remember(live: ConnectionResources, error: ConnectionError): ConnectionError {
  live.lastError = error;
  return error;
}

/** Code of the embedder's threw. */
function internalError(what: string, error: unknown): ConnectionError {
  if (error instanceof ConnectionError) return error;
  return new ConnectionError('INTERNAL_ERROR', `${what} failed: ${messageOf(error)}`, { cause: error });
}

function refusedAuthorization(error: unknown): ConnectionError {
  if (error instanceof ConnectionError) return error;
  return new ConnectionError('AUTHORIZATION_FAILED', `the authorization was refused: ${messageOf(error)}`, {
    cause: error,
  });
}

async function close(live: ConnectionResources, left: SessionPort): Promise<void> {
  await left.close();
  live.retired.delete(left);
}

async function drain(live: ConnectionResources): Promise<void> {
  const current = live.session;
  try {
    await live.whenIdle();
    await current?.goodbye();
  } catch {
    // Leaving goes on, whatever was the matter with waiting or saying goodbye.
  }
}

function leaveGate(live: ConnectionResources): void {
  const leave = live.leaveGate;
  live.leaveGate = null;
  try {
    leave?.();
  } catch {
    // The gate is the embedder's: its mistake must not keep a session from being closed.
  }
}

/** Milliseconds until the server or we have been silent for too long; not positive when that is so now. */
function untilProbe(input: ProbeInput, traffic: Traffic, now: number): number {
  const { interval, keepAliveInterval } = input;
  const silence = interval === null ? Number.POSITIVE_INFINITY : traffic.receivedAt + interval - now;
  const idleness =
    keepAliveInterval === null ? Number.POSITIVE_INFINITY : traffic.sentAt + keepAliveInterval - now;
  const due = Math.min(silence, idleness);
  return Number.isFinite(due) || due < 0 ? Math.ceil(due) : DEFAULT_HEALTH_CHECK.interval;
}
