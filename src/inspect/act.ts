import type { ConnectionManager } from '../connection/ConnectionManager.js';
import { messageOf } from '../errors.js';
import type { ActionOutcome, InspectionAction } from './frames.types.js';
import type { Show } from './views.js';

/** Does to a connection what was asked for. What goes wrong is an outcome, too. */
export async function act(
  action: InspectionAction,
  manager: ConnectionManager,
  signal: AbortSignal,
  show: Show,
): Promise<ActionOutcome> {
  try {
    return { isDone: true, text: show(await carryOut(action, manager, signal)) };
  } catch (error) {
    return { isDone: false, text: show(messageOf(error)) };
  }
}

async function carryOut(
  action: InspectionAction,
  manager: ConnectionManager,
  signal: AbortSignal,
): Promise<string> {
  switch (action) {
    case 'probe': {
      const health = await manager.checkHealth({ signal });
      const { lastLatency } = manager.stats.probes;
      if ('reason' in health) return `${health.status}: ${health.reason}`;
      return lastLatency === null
        ? health.status
        : `${health.status}, answered in ${Math.round(lastLatency)} ms`;
    }
    case 'reconnect':
      await manager.reconnect({ signal });
      return 'connected with a new session';
    case 'disconnect':
      await manager.disconnect();
      return 'disconnected';
  }
}
