/**
 * What each command does in each place, and what callers are told by tags: one table, written by hand.
 */
import { describe, expect, test } from 'vitest';
import type { ConnectionContext } from '../../machines/index.js';
import { alive, CONNECTED, FIRST_STEP, places, type Way, ways } from './places.js';

/** What is forgotten, and what is wanted. */
const anew: Partial<ConnectionContext> = {
  intent: 'connected',
  attempts: 0,
  wasUp: false,
  wasStable: false,
  lostAt: null,
  error: null,
  failure: null,
};
/** Another session of the same connection: that it was up is remembered. */
const again: Partial<ConnectionContext> = { ...anew, wasUp: true };
const away: Partial<ConnectionContext> = { intent: 'disconnected', error: null, failure: null };
const forGood: Partial<ConnectionContext> = { intent: 'terminated', failure: null };

type Outcome = [place: string, context: Partial<ConnectionContext>] | null;

interface Expected {
  place: string;
  tags: string[];
  connect: Outcome;
  reconnect: Outcome;
  disconnect: Outcome;
  terminate: Outcome;
}

const none = { connect: null, reconnect: null };
const straightAway = {
  disconnect: ['disconnected', away],
  terminate: ['terminated', forGood],
} satisfies Partial<Expected>;
const byClosing = {
  disconnect: ['closing', away],
  terminate: ['closing', forGood],
} satisfies Partial<Expected>;
const fromTheStart = {
  connect: [FIRST_STEP, anew],
  reconnect: [FIRST_STEP, anew],
} satisfies Partial<Expected>;
const inUse = {
  connect: null,
  reconnect: ['releasing', again],
  disconnect: ['draining', away],
  terminate: ['draining', forGood],
} satisfies Partial<Expected>;

const expected: { [Place in Way]: Expected } = {
  disconnected: {
    place: 'disconnected',
    tags: ['status:disconnected'],
    ...fromTheStart,
    disconnect: null,
    terminate: ['terminated', forGood],
  },
  queued: {
    place: 'queued',
    tags: ['callsWait', 'phase:queued', 'status:connecting'],
    ...none,
    ...straightAway,
  },
  transportSetup: {
    place: FIRST_STEP,
    tags: ['callsWait', 'phase:transportSetup', 'status:connecting'],
    ...none,
    ...byClosing,
  },
  handshakeStart: {
    place: 'connecting.handshakeStart',
    tags: ['callsWait', 'phase:handshakeStart', 'status:connecting'],
    ...none,
    ...byClosing,
  },
  accepting: {
    place: 'connecting.capabilityNegotiation.accepting',
    tags: ['callsWait', 'phase:capabilityNegotiation', 'status:connecting'],
    ...none,
    ...byClosing,
  },
  restoring: {
    place: 'connecting.restoring',
    tags: ['callsWait', 'phase:capabilityNegotiation', 'status:connecting'],
    ...none,
    ...byClosing,
  },
  healthCheck: {
    place: 'connecting.healthCheck',
    tags: ['callsWait', 'phase:healthCheck', 'status:connecting'],
    ...none,
    ...byClosing,
  },
  connected: { place: CONNECTED, tags: ['status:connected', 'usable'], ...inUse },
  checking: {
    place: 'connected: healthy, checking, settling',
    tags: ['status:connected', 'usable'],
    ...inUse,
  },
  degraded: {
    place: 'connected: degraded, confirming, settling',
    tags: ['degraded', 'status:connected', 'usable'],
    ...inUse,
  },
  draining: {
    place: 'draining',
    tags: ['status:closing'],
    connect: ['draining', anew],
    reconnect: ['draining', anew],
    disconnect: ['draining', away],
    terminate: ['draining', forGood],
  },
  releasing: {
    place: 'releasing',
    tags: ['callsWait', 'retrying', 'status:reconnecting'],
    connect: null,
    reconnect: ['releasing', again],
    ...byClosing,
  },
  reconnecting: {
    place: 'reconnecting',
    tags: ['callsWait', 'retrying', 'status:reconnecting'],
    connect: null,
    reconnect: [FIRST_STEP, again],
    ...straightAway,
  },
  authorizing: {
    place: 'authorizing.waiting',
    tags: ['status:authorizing'],
    ...fromTheStart,
    ...straightAway,
  },
  exchanging: {
    place: 'authorizing.exchanging.limited',
    tags: ['exchanging', 'status:authorizing'],
    ...none,
    ...straightAway,
  },
  closing: {
    place: 'closing',
    tags: ['status:closing'],
    connect: ['closing', anew],
    reconnect: ['closing', anew],
    disconnect: ['closing', away],
    terminate: ['closing', forGood],
  },
  'failed, as nothing helps': { place: 'failed', tags: ['status:failed'], ...fromTheStart, ...straightAway },
  'failed, given up': { place: 'failed', tags: ['status:failed'], ...fromTheStart, ...straightAway },
  'failed, not released': {
    place: 'failed',
    tags: ['status:failed'],
    connect: ['closing', anew],
    reconnect: ['closing', anew],
    ...byClosing,
  },
  terminated: {
    place: 'terminated',
    tags: ['status:terminated', 'terminal'],
    ...none,
    disconnect: null,
    terminate: null,
  },
};

describe.each(places)('%s', (way) => {
  test('is told by its tags', async () => {
    const there = expected[way];
    const journey = await ways[way]();
    expect(journey.place).toBe(there.place);
    const snapshot = journey.actor.getSnapshot();
    expect([...snapshot.tags].sort()).toEqual(there.tags);
    expect(snapshot.status).toBe(way === 'terminated' ? 'done' : 'active');
    // Context is plain data, wherever one looks.
    expect(JSON.parse(JSON.stringify(snapshot.context))).toEqual(snapshot.context);
  });
});

describe.each(alive)('%s', (way) => {
  const there = expected[way];

  test.each(['connect', 'reconnect', 'disconnect', 'terminate'] as const)('%s', async (command) => {
    const journey = await ways[way]();
    const before = journey.context;
    const sessions = journey.open;
    const outcome = there[command];
    await journey.send(command);
    expect(journey.place).toBe(outcome?.[0] ?? there.place);
    if (outcome === null) expect(journey.context).toEqual(before);
    else expect(journey.context).toMatchObject(outcome[1]);
    // Nobody opens beside a session, and nobody leaves it but to drain or to be released.
    const isOpen = /^connect|^draining/.test(journey.place);
    expect(journey.open).toBe(isOpen ? 1 : 0);
    expect(sessions).toBeLessThanOrEqual(1);
  });
});

describe.each(['draining', 'closing'] as const)('once it is terminated, %s', (way) => {
  test.each(['connect', 'reconnect', 'disconnect'] as const)('takes no %s', async (command) => {
    const journey = await ways[way]();
    await journey.send('terminate');
    const before = journey.context;
    await journey.send(command);
    expect(journey.place).toBe(expected[way].place);
    expect(journey.context).toEqual(before);
  });
});

describe('what was wanted last is done when the session is closed', () => {
  test.each([
    ['connect', FIRST_STEP],
    ['reconnect', FIRST_STEP],
    ['disconnect', 'disconnected'],
    ['terminate', 'terminated'],
  ] as const)('%s: %s', async (command, place) => {
    for (const way of ['closing', 'draining'] as const) {
      const journey = await ways[way]();
      // Whatever was wanted in between.
      await journey.send(command === 'disconnect' ? 'connect' : 'disconnect', command);
      if (way === 'draining') await journey.report({ type: 'session.drained' });
      expect(journey.place).toBe('closing');
      await journey.released();
      expect(journey.place).toBe(place);
    }
  });

  test.each([
    ['connect', 'failed'],
    ['disconnect', 'failed'],
    ['terminate', 'terminated'],
  ] as const)('%s: %s, where it cannot be closed', async (command, place) => {
    for (const end of ['error', 'time'] as const) {
      const journey = await ways.closing();
      await journey.send(command);
      if (end === 'error') await journey.unreleased();
      else await journey.advance(10_000);
      expect(journey.place).toBe(place);
      expect(journey.context).toMatchObject({ failure: 'unreleased', error: { code: 'RELEASE_FAILED' } });
    }
  });
});
