import { expect, test } from 'vitest';
import {
  IGNORED_ENTRY_EVENTS,
  IGNORED_POOL_EVENTS,
  poolEntryMachine,
  poolMachine,
} from '../../../machines/index.js';
import { totality } from '../../../src/graph/index.js';
import { poolEvents } from '../../../src/graph/stories/pool.js';
import { entryGraph, poolGraph, walkedEvents } from './fixtures.js';

/** What the connection reports is not for everybody to send. */
const commands = {
  ...walkedEvents,
  'connection.opening': [],
  'connection.opened': [],
  'connection.proved': [],
  'connection.challenged': [],
  'connection.failed': [],
  'connection.leaving': [],
  'connection.left': [],
  'connection.ended': [],
};

test('every command to an entry is taken or ignored on purpose in every reachable snapshot', () => {
  const snapshots = entryGraph.nodes.map(({ snapshot }) => snapshot);
  const report = totality(poolEntryMachine, snapshots, commands, IGNORED_ENTRY_EVENTS);
  console.log(`entry: ${report.pairs} pairs of snapshot and command decided`);
  expect(report.undecided.map(({ state, event }) => `${event.type} in ${state}`)).toEqual([]);
  expect(report.unused).toEqual([]);
  expect(report.contradicted.map(({ state, event }) => `${event.type} in ${state}`)).toEqual([]);
});

test('every command to a pool is taken or ignored on purpose in every reachable snapshot', () => {
  const snapshots = poolGraph.nodes.map(({ snapshot }) => snapshot);
  const report = totality(poolMachine, snapshots, poolEvents, IGNORED_POOL_EVENTS);
  console.log(`pool: ${report.pairs} pairs of snapshot and command decided`);
  expect(report.undecided.map(({ state, event }) => `${event.type} in ${state}`)).toEqual([]);
  expect(report.unused).toEqual([]);
  expect(report.contradicted.map(({ state, event }) => `${event.type} in ${state}`)).toEqual([]);
});
