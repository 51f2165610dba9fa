/** What the walks over the connection chart are made of. */
import { SUPPORTED_PROTOCOL_VERSIONS } from '@modelcontextprotocol/sdk/types.js';
import {
  type ConnectionInput,
  connectionMachine,
  DEFAULT_CONFIG,
  type ProbeOutput,
  type ResolvedConfig,
} from '../../machines/index.js';
import { ConnectionError } from '../../src/errors.js';
import { type ActorFixtures, type EventFixtures, explore } from '../../src/graph/index.js';
import {
  connectionActors,
  connectionEssence,
  connectionEvents,
  FIRST_PROOF,
  LATE_PROOF,
} from '../../src/graph/stories/connection.js';
import { ANSWER } from '../../src/testing/scriptedSession.js';

type Machine = typeof connectionMachine;

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

const nextDelay = 30_029;
const lateProof: ProbeOutput = { ...LATE_PROOF, nextDelay };
/** Traffic from before the connection had lasted long enough. */
const earlyProof: ProbeOutput = { ...lateProof, evidence: 'traffic', evidenceAt: 2_001, latency: null };

const PROOFS = { late: [lateProof], 'late and early': [lateProof, earlyProof] };

export const eventFixtures = (): EventFixtures<Machine> => connectionEvents(ANSWER);

function actorFixtures(
  proofs: keyof typeof PROOFS,
  sessionErrors: 'any time' | 'at the start',
): ActorFixtures<Machine> {
  const firstProof = { ...FIRST_PROOF, nextDelay };
  const actors = connectionActors({ firstProof, laterProofs: PROOFS[proofs] });
  if (sessionErrors === 'at the start') return actors;
  const errors = [new ConnectionError('TRANSPORT_FAILED', 'no session')];
  return { ...actors, session: { outputs: [], errors } };
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
