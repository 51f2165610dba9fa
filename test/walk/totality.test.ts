import { expect, test } from 'vitest';
import { connectionMachine, IGNORED_EVENTS } from '../../machines/index.js';
import { totality } from '../../src/graph/index.js';
import { eventFixtures, exploreConnection } from './fixtures.js';

const graph = exploreConnection('late and early', 'any time');
const snapshots = graph.nodes.map(({ snapshot }) => snapshot);
/** What the session reports is not for everybody to send; it runs in one state only. */
const publicEvents = {
  ...eventFixtures(),
  'transport.opened': [],
  'handshake.answered': [],
  'handshake.completed': [],
  'session.heard': [],
  'session.lost': [],
  'session.drained': [],
};

test('every public event is taken or ignored on purpose in every reachable snapshot', () => {
  const report = totality(connectionMachine, snapshots, publicEvents, IGNORED_EVENTS);
  console.log(`connection: ${report.pairs} pairs of snapshot and public event decided`);
  expect(report.undecided.map(({ state, event }) => `${event.type} in ${state}`)).toEqual([]);
  expect(report.unused).toEqual([]);
  expect(report.contradicted.map(({ state, event }) => `${event.type} in ${state}`)).toEqual([]);
});

test('a pair that is neither taken nor on the list is found', () => {
  const [, ...rest] = IGNORED_EVENTS;
  const report = totality(connectionMachine, snapshots, publicEvents, rest);
  expect(report.undecided.map(({ state, event }) => `${event.type} in ${state}`)).toEqual([
    'connection.disconnect in disconnected',
  ]);
});
