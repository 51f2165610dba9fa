/** The list of ignored events, against the places by hand. Against every reachable snapshot a walk holds it. */
import { expect, test } from 'vitest';
import { connectionMachine, IGNORED_EVENTS } from '../../machines/index.js';
import { totality } from '../../src/graph/index.js';
import { eventFixtures } from '../walk/fixtures.js';
import { Journey } from './journey.js';
import { ways } from './places.js';

/** Where an entry with a condition has its case. */
const special: { [name: string]: () => Promise<Journey> } = {
  'draining for good': async () => {
    const journey = await ways.draining();
    await journey.send('terminate');
    return journey;
  },
  'closing for good': async () => {
    const journey = await ways.closing();
    await journey.send('terminate');
    return journey;
  },
  'connected, and not probed': async () => {
    const journey = new Journey({ healthCheck: false });
    await journey.send('connect');
    await journey.handshake();
    return journey;
  },
  'connected, and probed for the sake of keeping it': async () => {
    const journey = new Journey({ healthCheck: false, keepAlive: { interval: 1_000 } });
    await journey.send('connect');
    await journey.handshake();
    return journey;
  },
};

test('what is not taken is listed, what is listed is not taken, and nothing is listed in vain', async () => {
  const journeys = await Promise.all(Object.values({ ...ways, ...special }).map((go) => go()));
  const events = {
    ...eventFixtures(),
    'transport.opened': [],
    'handshake.answered': [],
    'handshake.completed': [],
    'session.heard': [],
    'session.lost': [],
    'session.drained': [],
  };
  const snapshots = journeys.map(({ actor }) => actor.getSnapshot());
  const { undecided, unused, contradicted } = totality(connectionMachine, snapshots, events, IGNORED_EVENTS);
  expect(undecided.map(({ state, event }) => `${event.type} in ${state}`)).toEqual([]);
  expect(contradicted.map(({ state, event }) => `${event.type} in ${state}`)).toEqual([]);
  expect(unused).toEqual([]);
});

test('every entry says why, and under which condition', () => {
  for (const { reason, when } of IGNORED_EVENTS) {
    expect(reason).toMatch(/\w/);
    if (when !== undefined) expect(when.condition).toMatch(/\w/);
  }
});
