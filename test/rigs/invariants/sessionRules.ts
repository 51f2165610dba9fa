/** What holds of sessions, probes and turns. */
import { isIn, type Rule } from './rule.js';

/** Never two live sessions; one lives as long as its state, and was closed when the state was left. */
export const sessions: Rule = {
  *stepped(rig, snapshot) {
    const live = rig.liveSessions;
    if (live.length > 1) yield `${live.length} live sessions: ${live.map(({ epoch }) => epoch).join(', ')}`;
    for (const { epoch, opens } of rig.sessions) {
      if (opens !== 1) yield `session ${epoch} was opened ${opens} times`;
    }
    const isRunning = isIn(snapshot, 'active.session');
    const open = rig.sessions.filter(({ closes }) => closes === 0);
    if (isRunning && open.length !== 1) yield `${open.length} open sessions in active.session`;
    if (!isRunning && open.length > 0) yield `session ${open[0]?.epoch} was left and not closed`;
    const mayBeEnding =
      isRunning ||
      isIn(snapshot, 'active.releasing') ||
      isIn(snapshot, 'closing') ||
      snapshot.context.failure === 'unreleased';
    if (!mayBeEnding && live.length > 0) {
      yield `session ${live[0]?.epoch} lives on in ${JSON.stringify(snapshot.value)}`;
    }
  },
};

/** Never two probes at a time, and none where nobody asks. */
export const probes: Rule = {
  *stepped(rig, snapshot) {
    const running = rig.sessions
      .flatMap(({ watchedProbes }) => watchedProbes)
      .filter(({ isPending }) => isPending);
    if (running.length > 1) yield `${running.length} probes at a time`;
    const isAsking = snapshot.hasTag('usable') || snapshot.hasTag('phase:healthCheck');
    if (running.length > 0 && !isAsking) yield `a probe runs on in ${JSON.stringify(snapshot.value)}`;
  },
};

/** The threshold decides: failures in a row below it keep the session, at it they end it. */
export function thresholds(): Rule & { passed(): void; failed(): void } {
  let inARow = 0;
  return {
    passed() {
      inARow = 0;
    },
    failed() {
      inARow += 1;
    },
    *moved({ event, before, after }) {
      if (!before.hasTag('usable') || event === 'system.woke') inARow = 0;
      const { healthCheck } = after.context.config;
      if (healthCheck === false) return;
      const isUnhealthy =
        before.hasTag('usable') && !after.hasTag('usable') && isIn(after, 'active.releasing');
      const { error } = after.context;
      if (after.hasTag('usable') && inARow >= healthCheck.failureThreshold) {
        yield `still connected after ${inARow} failed probes in a row`;
      }
      const isByProbe = /\.probe/.test(event) || /^xstate\.after\.probeTimeout/.test(event);
      if (
        isUnhealthy &&
        isByProbe &&
        error?.code === 'UNHEALTHY' &&
        inARow !== healthCheck.failureThreshold
      ) {
        yield `unhealthy after ${inARow} failed probes in a row`;
      }
    },
  };
}

/** A turn that was granted is given back: as soon as the handshake is over, whatever its end. */
export const turns: Rule = {
  *stepped({ gate }) {
    if (gate !== null && gate.left > gate.entered) yield 'a turn was given back twice';
  },
  *settled({ gate }, snapshot) {
    if (gate === null) return;
    const held = gate.entered - gate.left;
    const mayHold = snapshot.hasTag('status:connecting');
    if (held > (mayHold ? 1 : 0)) yield `${held} turns are held in ${JSON.stringify(snapshot.value)}`;
  },
};
