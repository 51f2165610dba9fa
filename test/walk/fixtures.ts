/** What the walks over the connection chart are made of. */
import { SUPPORTED_PROTOCOL_VERSIONS } from '@modelcontextprotocol/sdk/types.js';
import type { SnapshotFrom } from 'xstate';
import {
  type ConnectionErrorRecord,
  type ConnectionInput,
  connectionMachine,
  DEFAULT_CONFIG,
  type ProbeOutput,
  type ResolvedConfig,
} from '../../machines/index.js';
import { ConnectionError } from '../../src/errors.js';
import { type ActorFixtures, type EventFixtures, explore } from '../../src/graph/index.js';
import { connectionEssence } from '../../src/graph/stories/connection.js';
import { ANSWER } from '../../src/testing/scriptedSession.js';

type Machine = typeof connectionMachine;
type Snapshot = SnapshotFrom<Machine>;

/** No two delays are alike, so that a clock can tell the timers apart. */
const timeout: ResolvedConfig['timeout'] = {
  connect: 60_013,
  transport: 10_007,
  negotiation: 10_009,
  drain: 30_011,
  release: 10_037,
  call: 60_017,
  callTotal: 600_011,
};
const healthCheck = { interval: 30_013, timeout: 5_003, failureThreshold: 3, confirmAfter: 1_009 };
const retryPolicy: ResolvedConfig['retryPolicy'] = {
  ...DEFAULT_CONFIG.retryPolicy,
  initialAttempts: 3,
  maxAttempts: 2,
  stableAfter: 60_029,
};
const normal: ResolvedConfig = { retryPolicy, healthCheck, timeout, keepAlive: false };

export const CONFIGS = {
  normal,
  'threshold 1, no retry': {
    ...normal,
    retryPolicy: { ...retryPolicy, initialAttempts: 1, maxAttempts: 0 },
    healthCheck: { ...healthCheck, failureThreshold: 1 },
  },
  'unlimited retries': { ...normal, retryPolicy: { ...retryPolicy, maxAttempts: 'unlimited' } },
  'no health checks': { ...normal, healthCheck: false },
  'keep-alive only': { ...normal, healthCheck: false, keepAlive: { interval: 20_011 } },
} satisfies { [name: string]: ResolvedConfig };

export type InputName = keyof typeof CONFIGS;

export function walkInput(config: ResolvedConfig): ConnectionInput {
  return {
    name: 'walked',
    handle: {},
    config,
    supportedVersions: [...SUPPORTED_PROTOCOL_VERSIONS],
    requiredCapabilities: ['tools'],
    probe: 'ping',
  };
}

const LOSSES: ConnectionErrorRecord[] = [
  { code: 'CONNECTION_CLOSED', message: 'closed' },
  { code: 'NOT_MCP', message: 'not MCP' },
  { code: 'AUTHORIZATION_REQUIRED', message: 'authorize' },
  { code: 'SESSION_EXPIRED', message: 'expired' },
];

export const COMPLETED = { at: 1_000, time: 2_000 };
export const HEARD = { at: 2_000, time: 3_000 };
export const RELEASED = { startedAt: 3_000, at: 3_000, random: 0.5 };

const firstProof: ProbeOutput = {
  at: 2_000,
  time: 3_000,
  evidence: 'reply',
  evidenceAt: 2_000,
  latency: 1,
  nextDelay: 30_029,
};
const lateProof: ProbeOutput = { ...firstProof, at: 1_000_000_000, evidenceAt: 1_000_000_000 };
/** Traffic from before the connection had lasted long enough. */
const earlyProof: ProbeOutput = { ...lateProof, evidence: 'traffic', evidenceAt: 2_001, latency: null };

export const PROOFS = { late: [lateProof], 'late and early': [lateProof, earlyProof] };

const hasSession = (snapshot: Snapshot) => snapshot.children.session !== undefined;

export function eventFixtures(): EventFixtures<Machine> {
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
            { type: 'handshake.answered', answer: ANSWER },
            { type: 'handshake.answered', answer: { ...ANSWER, protocolVersion: '1999-01-01' } },
            { type: 'handshake.answered', answer: { ...ANSWER, capabilities: [] } },
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

export function actorFixtures(
  proofs: keyof typeof PROOFS,
  sessionErrors: 'any time' | 'at the start',
): ActorFixtures<Machine> {
  const failure = (what: string) => [new ConnectionError('TRANSPORT_FAILED', what)];
  return {
    turn: { outputs: [undefined], errors: failure('the gate is shut') },
    session: {
      outputs: [],
      errors: (snapshot) =>
        sessionErrors === 'any time' || snapshot.hasTag('phase:transportSetup') ? failure('no session') : [],
    },
    restore: { outputs: [undefined], errors: failure('not restored') },
    probe: {
      outputs: (snapshot) => (snapshot.hasTag('phase:healthCheck') ? [firstProof] : PROOFS[proofs]),
      errors: failure('unreachable'),
    },
    release: { outputs: [RELEASED], errors: failure('not released') },
    authorize: { outputs: [undefined], errors: failure('refused') },
  };
}

type Exploration = [
  proofs: keyof typeof PROOFS,
  sessionErrors: 'any time' | 'at the start',
  names?: readonly InputName[],
];

const graphs = new Map<string, ReturnType<typeof exploreAnew>>();

/** The graph of the chart; explored once, however many look at it. */
export function exploreConnection(...what: Exploration) {
  const key = JSON.stringify(what);
  const graph = graphs.get(key) ?? exploreAnew(...what);
  graphs.set(key, graph);
  return graph;
}

function exploreAnew(...[proofs, sessionErrors, names = Object.keys(CONFIGS) as InputName[]]: Exploration) {
  return explore(connectionMachine, {
    inputs: Object.fromEntries(names.map((name) => [name, walkInput(CONFIGS[name])])),
    events: eventFixtures(),
    actors: actorFixtures(proofs, sessionErrors),
    serialize: connectionEssence,
    limit: 200_000,
  });
}
