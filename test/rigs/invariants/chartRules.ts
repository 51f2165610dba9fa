/** What every transition of the connection chart keeps. */
import {
  backoffCap,
  calculateBackoff,
  ERROR_ROUTING,
  type ResolvedConfig,
  WAKE_SPREAD,
} from '../../../machines/index.js';
import type { ConnectionSnapshot } from '../../../src/connection/state.js';
import { stableText } from '../../../src/graph/serialize.js';
import { isIn, type Rule, type Transition } from './rule.js';

const isWoken = ({ event, before, after }: Transition) =>
  event === 'system.woke' && isIn(before, 'failed') && !isIn(after, 'failed');

/** A wish that changed something, or an authorization, and so begins a new series of attempts. */
const isAsked = ({ event, before, after }: Transition) =>
  event === 'xstate.done.actor.authorize' ||
  ((event === 'connection.connect' || event === 'connection.reconnect') && before.context !== after.context);

const isStable = ({ before, after }: Transition) => {
  const stable = 'active.session.connected.stability.stable';
  return isIn(after, stable) && !isIn(before, stable);
};

/** The chart never ends in an error, never goes on after its end, and `terminate` latches. */
export const ends: Rule = {
  *moved({ event, before, after }) {
    if (after.status === 'error') yield `${event} ended the chart in an error: ${after.error}`;
    if (before.status !== 'active' && after !== before) yield `${event} was taken after the end`;
    if (before.context.intent === 'terminated' && after.context.intent !== 'terminated') {
      yield `${event} overruled terminate`;
    }
  },
};

/** A snapshot is plain data: it survives JSON as it is. */
export const isJson: Rule = {
  *moved({ event, after }) {
    const text = stableText(after.context);
    if (stableText(JSON.parse(JSON.stringify(after.context))) !== text) {
      yield `after ${event} the context is not JSON: ${text}`;
    }
  },
};

/** Counts the attempts itself and compares: honest, bounded, and none where it cannot help. */
export function attempts(): Rule {
  /** Sessions since somebody asked or the connection was stable. */
  let sessions = 0;
  /** The session that was asked for is no retry. */
  let unasked = 0;
  /** Retries it took until the connection was up for the first time. */
  let untilUp = 0;
  let fatal: string | null = null;
  return {
    *moved(transition) {
      const { event, before, after } = transition;
      const isReset = isAsked(transition) || isWoken(transition) || isStable(transition);
      const [was, is] = [before.context.attempts, after.context.attempts];
      if (is < was && !isReset) yield `${event} took the attempts from ${was} to ${is}`;
      if (is > was + 1) yield `${event} counted ${is - was} attempts at once`;
      if (isReset) {
        sessions = 0;
        unasked = isStable(transition) ? 0 : 1;
        untilUp = 0;
        fatal = null;
      }
      const { error } = after.context;
      if (isIn(after, 'active.releasing') && !isIn(before, 'active.releasing') && error !== null) {
        const route = ERROR_ROUTING[error.code];
        if (route === 'fatal' || (route === 'fatal-at-first' && !after.context.wasUp)) fatal = error.code;
        if (route === 'authorization') sessions -= 1;
      }
      if (after.context.epoch === before.context.epoch) return;
      sessions += 1;
      if (fatal !== null) yield `a new session after ${fatal}, which no retry helps`;
      const retries = sessions - unasked;
      if (is !== retries) yield `${retries} retries, and the chart counts ${is}`;
      if (!after.context.wasUp) untilUp = retries;
      const limit = mostRetries(after, untilUp);
      if (retries > limit) yield `retry ${retries} of at most ${limit}`;
    },
  };
}

function mostRetries({ context }: ConnectionSnapshot, untilUp: number): number {
  const { initialAttempts, maxAttempts } = context.config.retryPolicy;
  const toNumber = (limit: number | 'unlimited') =>
    limit === 'unlimited' ? Number.POSITIVE_INFINITY : limit;
  return context.wasUp ? Math.max(toNumber(maxAttempts), untilUp) : toNumber(initialAttempts) - 1;
}

/** No retry starts later after the loss than the policy's `timeout`, as seen when the release ended. */
export function retryTimeout(): Rule {
  let lostAt: number | null = null;
  let releasingSince = 0;
  return {
    *moved(transition) {
      const { event, before, after, at } = transition;
      if (isAsked(transition) || isWoken(transition) || isStable(transition)) lostAt = null;
      const releasing = 'active.releasing';
      if (isIn(after, releasing) && (!isIn(before, releasing) || event === 'system.woke'))
        releasingSince = at;
      const isRetrying = isIn(after, 'active.queued') || isIn(after, 'active.reconnecting');
      if (!isIn(before, releasing) || !isRetrying || after.context.error === null) return;
      if (!after.context.wasUp) return;
      lostAt ??= releasingSince;
      const { timeout } = after.context.config.retryPolicy;
      if (timeout !== 'unlimited' && at - lostAt >= timeout) {
        yield `a retry ${at - lostAt} ms after the loss; the limit is ${timeout} ms`;
      }
    },
  };
}

/** 0 < delay <= cap, and not below the floor, whatever server, jitter and attempts say. */
export const delays: Rule = {
  *moved({ event, before, after }) {
    const reconnecting = 'active.reconnecting';
    if (!isIn(after, reconnecting) || (isIn(before, reconnecting) && before.context === after.context))
      return;
    const { backoffDelay, attempts: count, config } = after.context;
    const [floor, cap] = event === 'system.woke' ? wakeBounds() : backoffBounds(config, count);
    if (!(backoffDelay >= floor && backoffDelay <= cap)) {
      yield `a delay of ${backoffDelay} ms outside [${floor}, ${cap}] after ${event}`;
    }
  },
};

const wakeBounds = (): [number, number] => [Number.MIN_VALUE, WAKE_SPREAD];

function backoffBounds({ retryPolicy }: ResolvedConfig, count: number): [number, number] {
  const { backoffStrategy, jitter, minDelay } = retryPolicy;
  const delay = calculateBackoff(backoffStrategy, count);
  const least = { full: 0, equal: delay / 2, none: delay }[jitter];
  return [Math.max(1, least, Math.min(minDelay, delay)), backoffCap(backoffStrategy)];
}

/** Connected means: this session was opened, answered, accepted and completed, in that order. */
export const handshakes: Rule = {
  *moved({ event, before, after }, rig) {
    if (!after.hasTag('usable') || before.hasTag('usable')) return;
    const { session } = rig;
    if (session === undefined || session.closes > 0) {
      yield `connected by ${event} without a session`;
      return;
    }
    const { reports } = session;
    const opened = reports.indexOf('opened');
    const answered = reports.indexOf('answered', opened + 1);
    const completed = reports.indexOf('completed', answered + 1);
    const isInOrder = opened >= 0 && answered >= 0 && completed >= 0;
    if (!isInOrder || !session.isAccepted) yield `connected by ${event}, after ${reports.join(', ')}`;
    const { config, supportedVersions, requiredCapabilities } = after.context;
    const isAcceptable = session.answers.some(
      ({ protocolVersion, capabilities }) =>
        supportedVersions.includes(protocolVersion) &&
        requiredCapabilities.every((name) => capabilities.includes(name)),
    );
    if (!isAcceptable) yield `connected by ${event} to a server that is of no use`;
    const { healthCheck } = config;
    const isProven = session.watchedProbes.some(({ isAnswered, isHeard }) => isAnswered || isHeard);
    if (healthCheck !== false && !isProven) yield `connected by ${event} without a proof of life`;
  },
};

/** A loss is taken for what it is, and the lost session is released before anything else. */
export const losses: Rule = {
  *moved({ event, payload, before, after }) {
    if (event !== 'session.lost' || before.hasTag('status:closing')) return;
    const { error } = after.context;
    if (!isIn(after, 'active.releasing') || error?.code !== payload.error.code) {
      yield `lost by ${payload.error.code}: ${JSON.stringify(after.value)} with ${error?.code}`;
    }
  },
};

/** Where a released connection goes is written in one table, by the kind of the error. */
export const routes: Rule = {
  *moved({ event, before, after }) {
    if (event !== 'xstate.done.actor.release' || !isIn(before, 'active.releasing')) return;
    const { error, wasUp } = before.context;
    const isAt = (...paths: string[]) => paths.some((path) => isIn(after, path));
    const isRight = {
      asked: isAt('active.queued'),
      authorization: isAt('active.authorizing'),
      fatal: isAt('failed'),
      'fatal-at-first': isAt('failed') || (wasUp && isAt('active.queued', 'active.reconnecting')),
      retryable: isAt('active.queued', 'active.reconnecting', 'failed'),
      'session-expired': isAt('active.queued', 'active.reconnecting', 'failed'),
    }[error === null ? 'asked' : ERROR_ROUTING[error.code]];
    if (!isRight) yield `released after ${error?.code ?? 'a wish'}, and it is ${JSON.stringify(after.value)}`;
  },
};

/** Stable means: connected for long enough, and alive after that. */
export function stability(): Rule {
  let connectedAt = 0;
  return {
    *moved(transition) {
      const { payload, before, after, at } = transition;
      if (after.hasTag('usable') && !before.hasTag('usable')) connectedAt = at;
      if (!isStable(transition)) return;
      const { retryPolicy, healthCheck, keepAlive } = after.context.config;
      const lasted = at - connectedAt;
      if (lasted < retryPolicy.stableAfter) yield `stable after ${lasted} ms`;
      if (healthCheck === false && keepAlive === false) return;
      const evidenceAt = payload.output?.evidenceAt ?? Number.NEGATIVE_INFINITY;
      if (evidenceAt < connectedAt + retryPolicy.stableAfter) yield 'stable without a proof of life';
    },
  };
}
