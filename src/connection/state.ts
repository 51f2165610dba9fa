import type { SnapshotFrom } from 'xstate';
import type {
  ConnectedInfo,
  ConnectionContext,
  ConnectionErrorRecord,
  connectionMachine,
  HealthStatus,
} from '../../machines/index.js';
import { messageOf } from '../errors.js';
import { escapeText } from '../escape.js';

export type ConnectionSnapshot = SnapshotFrom<typeof connectionMachine>;

/** Where in an attempt a connection is. */
export type ConnectionPhase =
  | 'queued'
  | 'transportSetup'
  | 'handshakeStart'
  | 'capabilityNegotiation'
  | 'healthCheck';

/** What a connection is, for those who use it. Projected from the chart's snapshot, never kept. */
export type ConnectionState =
  | { status: 'disconnected' }
  | { status: 'connecting'; phase: ConnectionPhase; retryCount: number }
  | { status: 'connected'; info: ConnectedInfo }
  | { status: 'reconnecting'; retryCount: number }
  | { status: 'failed'; error: ConnectionErrorRecord }
  | { status: 'authorizing' }
  | { status: 'closing' }
  | { status: 'terminated' };

export type ConnectionStatus = ConnectionState['status'];

const STATUS_TAGS = {
  'status:disconnected': 'disconnected',
  'status:connecting': 'connecting',
  'status:connected': 'connected',
  'status:reconnecting': 'reconnecting',
  'status:failed': 'failed',
  'status:authorizing': 'authorizing',
  'status:closing': 'closing',
  'status:terminated': 'terminated',
} as const;

const PHASE_TAGS = {
  'phase:queued': 'queued',
  'phase:transportSetup': 'transportSetup',
  'phase:handshakeStart': 'handshakeStart',
  'phase:capabilityNegotiation': 'capabilityNegotiation',
  'phase:healthCheck': 'healthCheck',
} as const;

function isKeyOf<Table extends object>(table: Table, key: string): key is Extract<keyof Table, string> {
  return Object.hasOwn(table, key);
}

/** The status that the snapshot's tags name. */
export function statusOf(snapshot: ConnectionSnapshot): ConnectionStatus {
  // An actor that threw is gone for good; nothing else may be said of it.
  if (snapshot.status === 'error') return 'failed';
  for (const tag of snapshot.tags) if (isKeyOf(STATUS_TAGS, tag)) return STATUS_TAGS[tag];
  throw new Error('the chart has a state without a status tag');
}

/** Whether the snapshot has the tag, of a chart that has not stopped: one that threw keeps its tags. */
export function isTagged(
  snapshot: ConnectionSnapshot,
  tag: 'usable' | 'callsWait' | 'exchanging' | 'degraded',
): boolean {
  return snapshot.status === 'active' && snapshot.hasTag(tag);
}

function phaseOf(snapshot: ConnectionSnapshot): ConnectionPhase {
  for (const tag of snapshot.tags) if (isKeyOf(PHASE_TAGS, tag)) return PHASE_TAGS[tag];
  throw new Error('the chart has a connecting state without a phase tag');
}

/** The public state of a snapshot. */
export function projectState(snapshot: ConnectionSnapshot): ConnectionState {
  const { context } = snapshot;
  const status = statusOf(snapshot);
  switch (status) {
    case 'connecting':
      return { status, phase: phaseOf(snapshot), retryCount: context.attempts };
    case 'connected':
      return { status, info: connectedInfo(context) };
    case 'reconnecting':
      return { status, retryCount: context.attempts };
    case 'failed':
      return { status, error: context.error ?? crashed(context, snapshot.error) };
    default:
      return { status };
  }
}

/** What is known of the server's health; null while nothing is. */
export function projectHealth(snapshot: ConnectionSnapshot): HealthStatus | null {
  const { probeFailure, error } = snapshot.context;
  if (statusOf(snapshot) === 'connected') {
    return isTagged(snapshot, 'degraded')
      ? { status: 'degraded', reason: probeFailure ?? 'a probe failed' }
      : { status: 'healthy' };
  }
  return error === null ? null : { status: 'unhealthy', reason: error.message };
}

function connectedInfo({ answer, connectedAt }: ConnectionContext): ConnectedInfo {
  if (answer === null || connectedAt === null) throw new Error('connected without a completed handshake');
  return {
    connectedAt,
    serverInfo: answer.serverInfo,
    negotiatedFeatures: answer.capabilities,
    protocolVersion: answer.protocolVersion,
  };
}

function crashed(context: ConnectionContext, error: unknown): ConnectionErrorRecord {
  return {
    code: 'INTERNAL_ERROR',
    message: escapeText(`${context.name}: the connection’s chart stopped: ${messageOf(error)}`),
  };
}

/** Whether nothing that the public state shows has changed. */
export function isSameState(one: ConnectionState, other: ConnectionState): boolean {
  switch (one.status) {
    case 'connecting':
      return other.status === one.status && other.phase === one.phase && other.retryCount === one.retryCount;
    case 'connected':
      return other.status === one.status && other.info.connectedAt === one.info.connectedAt;
    case 'reconnecting':
      return other.status === one.status && other.retryCount === one.retryCount;
    case 'failed':
      return other.status === one.status && other.error === one.error;
    default:
      return other.status === one.status;
  }
}

/** The state for people: `connecting (handshakeStart)`, `failed (COMMAND_NOT_FOUND)`. */
export function stateInWords(state: ConnectionState): string {
  switch (state.status) {
    case 'connecting':
      return `connecting (${state.phase})`;
    case 'reconnecting':
      return `reconnecting (retry ${state.retryCount})`;
    case 'failed':
      return `failed (${state.error.code})`;
    default:
      return state.status;
  }
}
