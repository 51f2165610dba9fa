/** What holds of time: limits are kept, and nothing is left running. */
import type { ResolvedConfig } from '../../../machines/index.js';
import type { ConnectionSnapshot } from '../../../src/connection/state.js';
import { isIn, type Rule } from './rule.js';

/** States that may last only so long, in milliseconds. */
const LIMITS: { [path: string]: (snapshot: ConnectionSnapshot) => number } = {
  'active.session.connecting': limit('connect'),
  'active.session.connecting.transportSetup': limit('transport'),
  'active.session.connecting.capabilityNegotiation': limit('negotiation'),
  'active.session.draining': limit('drain'),
  'active.releasing': limit('release'),
  'active.reconnecting': ({ context }) => context.backoffDelay,
  'active.authorizing.exchanging': limit('connect'),
  closing: limit('release'),
};

function limit(name: keyof ResolvedConfig['timeout']): (snapshot: ConnectionSnapshot) => number {
  return ({ context }) => context.config.timeout[name];
}

/** Sums of fractions of a millisecond are not exact. */
const ROUNDING = 1e-6;

/** No state outlasts its limit, and no backoff ends early by itself. */
export function limits(): Rule {
  const since = new Map<string, number>();
  let backoffSince: number | null = null;
  return {
    *moved({ event, before, after, at }) {
      const { backoffDelay } = before.context;
      if (backoffSince !== null && event.startsWith('xstate.after.backoffDelay.')) {
        const waited = at - backoffSince;
        if (waited < backoffDelay - ROUNDING)
          yield `a backoff of ${backoffDelay} ms ended after ${waited} ms`;
      }
      if (after.value !== before.value) backoffSince = isIn(after, 'active.reconnecting') ? at : null;
      for (const path of Object.keys(LIMITS)) {
        if (!isIn(after, path)) since.delete(path);
        // The machine slept: what ran meanwhile says nothing.
        else if (!since.has(path) || event === 'system.woke') since.set(path, at);
      }
    },
    *stepped(rig, snapshot) {
      for (const [path, started] of since) {
        const lasted = rig.clock.now() - started;
        const most = LIMITS[path]?.(snapshot) ?? 0;
        if (lasted > most + ROUNDING) yield `${path} has lasted ${lasted} ms; its limit is ${most} ms`;
      }
    },
    disturbed(at) {
      for (const path of since.keys()) since.set(path, at);
      backoffSince = null;
    },
  };
}

/** Where nothing goes on, no timer runs but those of waiting users. */
export const timers: Rule = {
  *settled(rig, snapshot) {
    const isAtRest =
      snapshot.status !== 'active' ||
      isIn(snapshot, 'disconnected') ||
      isIn(snapshot, 'failed') ||
      isIn(snapshot, 'active.queued') ||
      isIn(snapshot, 'active.authorizing.waiting');
    if (!isAtRest) return;
    const waiting = rig.pendingPromises.filter(({ hasTimeout }) => hasTimeout).length;
    const { delays } = rig.clock;
    if (delays.length !== waiting) {
      yield `timers of ${delays.join(', ')} ms run in ${JSON.stringify(snapshot.value)}; ${waiting} users wait with one`;
    }
  },
};
