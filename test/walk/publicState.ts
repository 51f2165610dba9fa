/**
 * What a manager has to say of itself in each state of the chart, by hand: from paths and context, not
 * from the tags that its own projection reads.
 */
import type { SnapshotFrom } from 'xstate';
import type { connectionMachine } from '../../machines/index.js';
import { activePaths } from '../../src/graph/index.js';

/** The first path that is active decides. */
const STATUS: readonly [path: string, status: string, phase?: string][] = [
  ['disconnected', 'disconnected'],
  ['active.queued', 'connecting', 'queued'],
  ['active.session.connecting.transportSetup', 'connecting', 'transportSetup'],
  ['active.session.connecting.handshakeStart', 'connecting', 'handshakeStart'],
  ['active.session.connecting.capabilityNegotiation', 'connecting', 'capabilityNegotiation'],
  ['active.session.connecting.restoring', 'connecting', 'capabilityNegotiation'],
  ['active.session.connecting.healthCheck', 'connecting', 'healthCheck'],
  ['active.session.connected', 'connected'],
  ['active.session.draining', 'closing'],
  ['active.releasing', 'reconnecting'],
  ['active.reconnecting', 'reconnecting'],
  ['active.authorizing', 'authorizing'],
  ['closing', 'closing'],
  ['failed', 'failed'],
  ['terminated', 'terminated'],
];

const RETRYING: ReadonlySet<string> = new Set(['connecting', 'reconnecting']);

export function expectedState(snapshot: SnapshotFrom<typeof connectionMachine>): unknown {
  const paths = activePaths(snapshot);
  const [, status = 'none', phase] = STATUS.find(([path]) => paths.includes(path)) ?? [];
  const { answer, attempts, error } = snapshot.context;
  return {
    status,
    ...(phase === undefined ? {} : { phase }),
    ...(RETRYING.has(status) ? { retryCount: attempts } : {}),
    ...(status === 'failed' ? { error } : {}),
    ...(status === 'connected'
      ? {
          info: {
            connectedAt: 0,
            serverInfo: answer?.serverInfo,
            negotiatedFeatures: answer?.capabilities,
            protocolVersion: answer?.protocolVersion,
          },
        }
      : {}),
  };
}

export function expectedHealth(snapshot: SnapshotFrom<typeof connectionMachine>): unknown {
  const paths = activePaths(snapshot);
  const { probeFailure, error } = snapshot.context;
  if (paths.includes('active.session.connected.health.healthy')) return { status: 'healthy' };
  if (paths.includes('active.session.connected.health.degraded')) {
    return { status: 'degraded', reason: probeFailure };
  }
  return error === null ? null : { status: 'unhealthy', reason: error.message };
}
