import type { ConnectionCommand, ConnectionContext, SystemWoke } from './connection.types.js';

/** A public event that a state takes no notice of, on purpose. */
export interface IgnoredEvent {
  /** Path of the state, children included. */
  state: string;
  event: (ConnectionCommand | SystemWoke)['type'];
  /** Only where this holds; without it, always. */
  when?: { holds(context: ConnectionContext): boolean; condition: string };
  reason: string;
}

const terminating = {
  holds: (context: ConnectionContext) => context.intent === 'terminated',
  condition: 'terminate was asked for',
};
const probingOff = {
  holds: ({ config }: ConnectionContext) => config.healthCheck === false && config.keepAlive === false,
  condition: 'nothing is probed',
};
const notGivenUp = {
  holds: (context: ConnectionContext) => context.failure !== 'exhausted',
  condition: 'the cause was not exhaustion',
};

const joins = 'joins the attempt under way';
const nothingToCheck = 'no session to check';
const nothingToAuthorize = 'no authorization is waited for';
const exchanging = 'joins the exchange under way';
const latched = 'terminate latches';
const over = 'over for good';

/**
 * Every (state, public event) pair of the connection chart that is not taken. A pair that is neither
 * taken nor listed here fails the tests, and so does an entry that no snapshot needs.
 */
export const IGNORED_EVENTS: readonly IgnoredEvent[] = [
  { state: 'disconnected', event: 'connection.disconnect', reason: 'already so' },
  { state: 'disconnected', event: 'connection.checkHealth', reason: nothingToCheck },
  { state: 'disconnected', event: 'connection.authorize', reason: nothingToAuthorize },
  { state: 'disconnected', event: 'system.woke', reason: 'nothing was running' },

  { state: 'active.queued', event: 'connection.connect', reason: joins },
  { state: 'active.queued', event: 'connection.reconnect', reason: joins },
  { state: 'active.queued', event: 'connection.checkHealth', reason: nothingToCheck },
  { state: 'active.queued', event: 'connection.authorize', reason: nothingToAuthorize },
  { state: 'active.queued', event: 'system.woke', reason: 'no limit runs while waiting for a turn' },

  { state: 'active.session.connecting', event: 'connection.connect', reason: joins },
  { state: 'active.session.connecting', event: 'connection.reconnect', reason: joins },
  { state: 'active.session.connecting', event: 'connection.checkHealth', reason: 'ends with a probe anyway' },
  { state: 'active.session.connecting', event: 'connection.authorize', reason: nothingToAuthorize },

  { state: 'active.session.connected', event: 'connection.connect', reason: 'already so' },
  { state: 'active.session.connected', event: 'connection.authorize', reason: nothingToAuthorize },
  {
    state: 'active.session.connected.probe.checking',
    event: 'connection.checkHealth',
    reason: 'joins the probe under way',
  },
  {
    state: 'active.session.connected.probe.waiting',
    event: 'system.woke',
    when: probingOff,
    reason: 'the user wants no probes',
  },

  { state: 'active.session.draining', event: 'connection.connect', when: terminating, reason: latched },
  { state: 'active.session.draining', event: 'connection.reconnect', when: terminating, reason: latched },
  { state: 'active.session.draining', event: 'connection.disconnect', when: terminating, reason: latched },
  { state: 'active.session.draining', event: 'connection.checkHealth', reason: 'the session is ending' },
  { state: 'active.session.draining', event: 'connection.authorize', reason: nothingToAuthorize },

  { state: 'active.releasing', event: 'connection.connect', reason: joins },
  { state: 'active.releasing', event: 'connection.checkHealth', reason: nothingToCheck },
  { state: 'active.releasing', event: 'connection.authorize', reason: nothingToAuthorize },

  { state: 'active.reconnecting', event: 'connection.connect', reason: joins },
  { state: 'active.reconnecting', event: 'connection.checkHealth', reason: nothingToCheck },
  { state: 'active.reconnecting', event: 'connection.authorize', reason: nothingToAuthorize },

  { state: 'active.authorizing', event: 'connection.checkHealth', reason: nothingToCheck },
  { state: 'active.authorizing.exchanging', event: 'connection.connect', reason: exchanging },
  { state: 'active.authorizing.exchanging', event: 'connection.reconnect', reason: exchanging },
  { state: 'active.authorizing.exchanging', event: 'connection.authorize', reason: exchanging },
  {
    state: 'active.authorizing.waiting',
    event: 'system.woke',
    reason: 'waits for the user, not for the clock',
  },

  { state: 'closing', event: 'connection.connect', when: terminating, reason: latched },
  { state: 'closing', event: 'connection.reconnect', when: terminating, reason: latched },
  { state: 'closing', event: 'connection.disconnect', when: terminating, reason: latched },
  { state: 'closing', event: 'connection.checkHealth', reason: nothingToCheck },
  { state: 'closing', event: 'connection.authorize', reason: nothingToAuthorize },

  { state: 'failed', event: 'connection.checkHealth', reason: nothingToCheck },
  { state: 'failed', event: 'connection.authorize', reason: nothingToAuthorize },
  { state: 'failed', event: 'system.woke', when: notGivenUp, reason: 'trying again would not help' },

  { state: 'terminated', event: 'connection.connect', reason: over },
  { state: 'terminated', event: 'connection.disconnect', reason: over },
  { state: 'terminated', event: 'connection.terminate', reason: over },
  { state: 'terminated', event: 'connection.reconnect', reason: over },
  { state: 'terminated', event: 'connection.checkHealth', reason: over },
  { state: 'terminated', event: 'connection.authorize', reason: over },
  { state: 'terminated', event: 'system.woke', reason: over },
];
