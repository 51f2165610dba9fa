import { ConnectionError } from '../errors.js';
import type { ConnectionResources } from '../session/resources.js';
import type { Admission } from './calls.js';
import { type ConnectionSnapshot, isTagged, statusOf } from './state.js';

/** Whether the chart lets a call through now, lets it wait, or refuses it. */
export function admissionOf(snapshot: ConnectionSnapshot, live: ConnectionResources): Admission {
  if (isTagged(snapshot, 'usable') && live.session !== null) return { admit: 'send', session: live.session };
  if (isTagged(snapshot, 'callsWait')) return { admit: 'wait' };
  const status = statusOf(snapshot);
  const { error, intent } = snapshot.context;
  switch (status) {
    case 'closing':
      return intent === 'connected'
        ? { admit: 'wait' }
        : { admit: 'refuse', code: 'NOT_CONNECTED', reason: 'the connection is closing' };
    case 'terminated':
      return { admit: 'refuse', code: 'TERMINATED', reason: 'the connection is terminated' };
    case 'failed':
    case 'authorizing': {
      const code = error?.code ?? 'INTERNAL_ERROR';
      const reason = error?.message ?? 'the connection’s chart stopped';
      return { admit: 'refuse', code, reason, cause: live.lastError ?? new ConnectionError(code, reason) };
    }
    default:
      return { admit: 'refuse', code: 'NOT_CONNECTED', reason: 'not connected; call connect() first' };
  }
}
