import type { SnapshotFrom } from 'xstate';
import {
  type ConnectionErrorRecord,
  type ConnectionInput,
  connectionMachine,
  DEFAULT_CONFIG,
  DEFAULT_HEALTH_CHECK,
  ERROR_ROUTING,
  type HandshakeAnswer,
  type ProbeOutput,
  type ResolvedConfig,
} from '../../../machines/index.js';
import { ConnectionError } from '../../errors.js';
import { explore, type StateGraph } from '../explore.js';
import type { ActorFixtures, EventFixtures } from '../fixtures.js';

type Snapshot = SnapshotFrom<typeof connectionMachine>;

const SPOKEN_VERSION = '2025-11-25';

/** One loss of each kind that `ERROR_ROUTING` tells apart. */
const LOSSES: readonly ConnectionErrorRecord[] = [
  { code: 'CONNECTION_CLOSED', message: 'closed' },
  { code: 'NOT_MCP', message: 'not MCP' },
  { code: 'AUTHORIZATION_REQUIRED', message: 'authorize' },
  { code: 'SESSION_EXPIRED', message: 'expired' },
];

const ANSWER: HandshakeAnswer = {
  protocolVersion: SPOKEN_VERSION,
  serverInfo: { name: 'server', version: '1.0.0' },
  capabilities: ['tools'],
};

function inputOf(config: ResolvedConfig): ConnectionInput {
  return {
    name: 'server',
    handle: {},
    config,
    supportedVersions: [SPOKEN_VERSION],
    requiredCapabilities: ['tools'],
    probe: 'ping',
  };
}

/** A proof of life right after the handshake, and one from when the connection had lasted. */
export const FIRST_PROOF: ProbeOutput = {
  at: 2_000,
  time: 3_000,
  evidence: 'reply',
  evidenceAt: 2_000,
  latency: 1,
  nextDelay: DEFAULT_HEALTH_CHECK.interval,
};
export const LATE_PROOF: ProbeOutput = { ...FIRST_PROOF, at: 1_000_000_000, evidenceAt: 1_000_000_000 };

/** When things happened, by the clock and in epoch milliseconds. */
const COMPLETED = { at: 1_000, time: 2_000 };
const HEARD = { at: 2_000, time: 3_000 };
const RELEASED = { startedAt: 3_000, at: 3_000, random: 0.5 };

const hasSession = (snapshot: Snapshot) => snapshot.children.session !== undefined;

/** @param answer of the server, to a handshake that succeeds; the other cases are made of it */
export function connectionEvents(answer: HandshakeAnswer): EventFixtures<typeof connectionMachine> {
  return {
    'connection.connect': [{ type: 'connection.connect' }],
    'connection.disconnect': [{ type: 'connection.disconnect' }],
    'connection.terminate': [{ type: 'connection.terminate' }],
    'connection.reconnect': [{ type: 'connection.reconnect' }],
    'connection.checkHealth': [{ type: 'connection.checkHealth' }],
    'connection.authorize': [{ type: 'connection.authorize' }],
    'system.woke': [{ type: 'system.woke', random: 0.5 }],
    // The session reports in the order of the wire; SessionPort says so.
    'transport.opened': (snapshot) =>
      snapshot.hasTag('phase:transportSetup') ? [{ type: 'transport.opened' }] : [],
    'handshake.answered': (snapshot) =>
      snapshot.hasTag('phase:handshakeStart')
        ? [
            { type: 'handshake.answered', answer },
            { type: 'handshake.answered', answer: { ...answer, protocolVersion: '1999-01-01' } },
            { type: 'handshake.answered', answer: { ...answer, capabilities: [] } },
          ]
        : [],
    'handshake.completed': (snapshot) =>
      snapshot.hasTag('phase:capabilityNegotiation') && snapshot.children.restore === undefined
        ? [{ type: 'handshake.completed', ...COMPLETED }]
        : [],
    'session.lost': (snapshot) =>
      hasSession(snapshot) ? LOSSES.map((error) => ({ type: 'session.lost', error })) : [],
    'session.drained': (snapshot) =>
      hasSession(snapshot) && snapshot.hasTag('status:closing') ? [{ type: 'session.drained' }] : [],
    'session.heard': (snapshot) =>
      snapshot.children.probe === undefined ? [] : [{ type: 'session.heard', ...HEARD }],
    // Only the chart sends these, to itself.
    'probe.passed': [],
    'probe.late': [],
    'probe.failed': [],
  };
}

/** A session that cannot begin says so as it begins. */
export function connectionActors({
  firstProof,
  laterProofs,
}: {
  firstProof: ProbeOutput;
  laterProofs: readonly ProbeOutput[];
}): ActorFixtures<typeof connectionMachine> {
  const failure = (message: string) => [new ConnectionError('TRANSPORT_FAILED', message)];
  return {
    turn: { outputs: [undefined], errors: failure('the turn was refused') },
    session: {
      outputs: [],
      errors: (snapshot) =>
        snapshot.hasTag('phase:transportSetup') ? failure('the session cannot begin') : [],
    },
    restore: { outputs: [undefined], errors: failure('not restored') },
    probe: {
      outputs: (snapshot) => (snapshot.hasTag('phase:healthCheck') ? [firstProof] : laterProofs),
      errors: failure('unreachable'),
    },
    release: { outputs: [RELEASED], errors: failure('not released') },
    authorize: { outputs: [undefined], errors: failure('refused') },
  };
}

/** All that a connection can go through. */
export function walkConnection(): StateGraph<typeof connectionMachine> {
  return explore(connectionMachine, {
    inputs: {
      defaults: inputOf(DEFAULT_CONFIG),
      // Some transitions are for those who ask for less.
      'healthCheck: false': inputOf({ ...DEFAULT_CONFIG, healthCheck: false }),
    },
    events: connectionEvents(ANSWER),
    actors: connectionActors({ firstProof: FIRST_PROOF, laterProofs: [LATE_PROOF] }),
    serialize: connectionEssence,
  });
}

/** Zero, below the limit, at the limit. */
function level(count: number, limit: number | 'unlimited'): string {
  if (count === 0) return 'zero';
  return limit === 'unlimited' || count < limit ? 'below' : 'at';
}

/**
 * What of the context the chart's decisions depend on. What is set anew before it is read again counts
 * only where it is read.
 */
export function connectionEssence(snapshot: Snapshot): unknown {
  const { context } = snapshot;
  const { retryPolicy, healthCheck } = context.config;
  const limit = context.wasUp ? retryPolicy.maxAttempts : retryPolicy.initialAttempts;
  const attempts = context.wasUp || limit === 'unlimited' ? limit : limit - 1;
  const { failureThreshold } = healthCheck === false ? DEFAULT_HEALTH_CHECK : healthCheck;
  const isProbing = snapshot.hasTag('usable') || snapshot.hasTag('phase:healthCheck');
  return {
    intent: context.intent,
    attempts: level(context.attempts, attempts),
    wasUp: context.wasUp,
    wasStable: context.wasStable,
    failure: context.failure,
    isPingless: context.isPingless,
    ...(hasSession(snapshot) ? {} : { error: context.error && ERROR_ROUTING[context.error.code] }),
    ...(isProbing && {
      probeMethod: context.probeMethod,
      probeUrgency: context.probeUrgency,
      probeFailures: level(context.probeFailures, failureThreshold - 1),
      isHeard: context.isHeard && snapshot.children.probe !== undefined,
    }),
  };
}
