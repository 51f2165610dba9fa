/** What holds of the promises a manager gives. */
import { getEventListeners } from 'node:events';
import { isLeavingToAuthorize } from '../../../src/connection/outcomes.js';
import type { ConnectionSnapshot } from '../../../src/connection/state.js';
import { isLifelineError } from '../../../src/errors.js';
import { LossCause } from '../commands.js';
import type { Asked, GivenPromise } from '../connectionRig.js';
import type { WatchedSession } from '../watchedSession.js';
import type { Rule } from './rule.js';

/** Where a promise may still be kept, once everything that can settle has. */
const MAY_WAIT: { [Kind in Asked]: (snapshot: ConnectionSnapshot) => boolean } = {
  connect: mayConnect,
  reconnect: mayConnect,
  disconnect: (snapshot) => snapshot.hasTag('status:closing'),
  terminate: (snapshot) => snapshot.hasTag('status:closing'),
  checkHealth: (snapshot) => snapshot.hasTag('usable'),
  authorize: (snapshot) => snapshot.hasTag('exchanging') || isLeavingToAuthorize(snapshot),
  waitFor: (snapshot) => snapshot.status === 'active',
};

function mayConnect(snapshot: ConnectionSnapshot): boolean {
  const isOnTheWay =
    snapshot.hasTag('callsWait') || snapshot.hasTag('exchanging') || snapshot.hasTag('status:closing');
  return isOnTheWay && snapshot.context.intent === 'connected';
}

/** No promise waits for what cannot come any more. */
export const promises: Rule = {
  *settled(rig, snapshot) {
    for (const { asked, number } of rig.pendingPromises) {
      if (!MAY_WAIT[asked](snapshot)) {
        yield `${asked} #${number} still waits in ${JSON.stringify(snapshot.value)}, where ${snapshot.context.intent} is wanted`;
      }
    }
  },
};

/** Whoever was answered is not listened to any more: a signal may outlive any number of waits. */
export const listeners: Rule = {
  *settled(rig) {
    for (const { asked, number, controller, outcome } of rig.promises) {
      if (outcome !== null && getEventListeners(controller.signal, 'abort').length > 0)
        yield `${asked} #${number} has settled, and somebody listens to its signal`;
    }
  },
};

/** Closing has one outcome for all who wait for it together. */
export function oneOutcome(): Rule {
  /** The wish under which each was asked; wishes are counted. */
  const wishes = new Map<GivenPromise, number>();
  let wish = 0;
  let together: GivenPromise[] = [];
  return {
    moved({ before, after }) {
      if (before.context.intent !== after.context.intent) wish += 1;
      return [];
    },
    stepped(rig) {
      for (const promise of rig.promises.slice(wishes.size)) wishes.set(promise, wish);
      return [];
    },
    *settled(rig) {
      const outcomes = new Map<string, Set<string>>();
      for (const promise of together) {
        if (promise.outcome === null) continue;
        const group = `${promise.asked} under wish ${wishes.get(promise)}`;
        const known = outcomes.get(group) ?? new Set();
        outcomes.set(group, known.add(outcomeText(promise.outcome)));
      }
      for (const [group, { size }] of outcomes) if (size > 1) yield `${group} came to ${size} outcomes`;
      together = rig.pendingPromises.filter(({ asked }) => asked === 'disconnect' || asked === 'terminate');
    },
  };
}

function outcomeText(outcome: NonNullable<GivenPromise['outcome']>): string {
  return 'fulfilled' in outcome ? 'fulfilled' : `rejected: ${String(outcome.rejected)}`;
}

/** Whoever is told that it is closed finds it closed: every session of the time of asking has ended. */
export function closedMeansClosed(): Rule {
  const open = new Map<GivenPromise, readonly WatchedSession[]>();
  return {
    *stepped(rig) {
      for (const promise of rig.promises) {
        if (promise.asked !== 'disconnect' && promise.asked !== 'terminate') continue;
        const sessions = open.get(promise);
        if (sessions === undefined) open.set(promise, promise.outcome === null ? rig.liveSessions : []);
        else if (promise.outcome !== null && 'fulfilled' in promise.outcome) {
          open.set(promise, []);
          const live = sessions.find(({ isLive }) => isLive);
          if (live !== undefined)
            yield `${promise.asked} #${promise.number} is kept, and session ${live.epoch} lives`;
        }
      }
    },
  };
}

/** An error says why its own session was lost, not why an earlier one was. */
export function causes(lastLoss: () => LossCause | null): Rule {
  const seen = new Set<GivenPromise>();
  return {
    *stepped(rig) {
      for (const promise of rig.promises) {
        if (promise.outcome === null || seen.has(promise)) continue;
        seen.add(promise);
        const cause = 'rejected' in promise.outcome ? causeOf(promise.outcome.rejected) : undefined;
        if (cause instanceof LossCause && cause !== lastLoss()) {
          yield `${promise.asked} #${promise.number} is blamed on session ${cause.epoch}; ${lastLoss()?.epoch} was lost last`;
        }
      }
    },
  };
}

function causeOf(error: unknown): unknown {
  return error instanceof Error ? error.cause : undefined;
}

/** Whoever aborts is told so with the own reason, and the last to do so takes the wish along. */
export function aborts(): Rule {
  const seen = new Set<GivenPromise>();
  const judged = new Set<GivenPromise>();
  /** Aborted when nobody else waited for a connection. */
  const alone = new Set<GivenPromise>();
  let connecting: GivenPromise[] = [];
  return {
    stepped(rig, snapshot) {
      connecting = rig.promises.filter(({ asked }) => asked === 'connect' || asked === 'reconnect');
      for (const promise of connecting) {
        if (!promise.controller.signal.aborted || seen.has(promise)) continue;
        seen.add(promise);
        if (connecting.every((other) => other === promise || other.outcome !== null)) alone.add(promise);
      }
      // Whoever brings a code wants the connection, too.
      const bringsCode = rig.pendingPromises.some(({ asked }) => asked === 'authorize');
      if (bringsCode || snapshot.hasTag('exchanging')) alone.clear();
      return [];
    },
    *settled(rig, { context, status }) {
      for (const promise of rig.promises) {
        const { asked, number, controller, outcome } = promise;
        if (asked === 'disconnect' || asked === 'terminate' || asked === 'authorize') continue;
        if (!controller.signal.aborted || judged.has(promise)) continue;
        judged.add(promise);
        if (outcome === null) yield `${asked} #${number} was aborted and still waits`;
        else if ('rejected' in outcome && outcome.rejected !== controller.signal.reason) {
          // It may have been over already, without having been told.
          if (!isLifelineError(outcome.rejected))
            yield `${asked} #${number} was aborted with ${outcome.rejected}`;
        } else if ('rejected' in outcome && promise === connecting.at(-1) && alone.has(promise)) {
          const isWanted = context.intent === 'connected' && !context.wasUp && status === 'active';
          if (isWanted) yield `nobody waits any more since ${asked} #${number}, and it is still wanted`;
        }
      }
    },
  };
}
