import type { ConnectionResources } from '../session/resources.js';
import type { Admission } from './call.types.js';
import { toConnectionError } from './outcomes.js';
import { type ConnectionSnapshot, isTagged, statusOf } from './state.js';

/** Whether the chart lets a call through now, lets it wait, or refuses it. */
export function admissionOf(snapshot: ConnectionSnapshot, live: ConnectionResources): Admission {
  if (isTagged(snapshot, 'usable') && live.session !== null) return { admit: 'send', session: live.session };
  if (isTagged(snapshot, 'callsWait')) return { admit: 'wait' };
  const status = statusOf(snapshot);
  const { name, error, intent } = snapshot.context;
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
      const message = error?.message ?? 'the connection’s chart stopped';
      const cause = toConnectionError(name, error ?? { code, message }, live);
      return { admit: 'refuse', code, reason: message, cause };
    }
    default:
      return { admit: 'refuse', code: 'NOT_CONNECTED', reason: 'not connected; call connect() first' };
  }
}
