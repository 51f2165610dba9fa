import { describe, expect, test } from 'vitest';
import { connectionMachine, daemonMachine, poolEntryMachine, poolMachine } from '../../machines/index.js';
import { type ChartState, chartOf, withDescendants } from '../../src/graph/chart.js';
import { codesUnder, markedTables, readText } from './tables.js';

const machines = {
  connection: connectionMachine,
  pool: poolMachine,
  entry: poolEntryMachine,
  daemon: daemonMachine,
};

const tables = markedTables(readText('docs/statechart.md'), 'states');

/** A machine's states may stand in several tables: `connection, lost`. */
function rowsOf(machine: string) {
  return [...tables].flatMap(([name, rows]) => (name.split(',')[0] === machine ? rows : []));
}

const statesOf = (name: keyof typeof machines) =>
  withDescendants(chartOf(machines[name])).filter(
    ({ path, kind }) => path !== '(root)' && kind !== 'history',
  );

/** The status that a state's own tags name, or those of a state around it. */
function statusOf({ path }: ChartState): string {
  const around = statesOf('connection').filter(
    (other) => path === other.path || path.startsWith(`${other.path}.`),
  );
  const tags = around.flatMap((state) => state.tags).filter((tag) => tag.startsWith('status:'));
  return tags.join().replace('status:', '');
}

describe('docs/statechart.md', () => {
  test('speaks of these machines', () => {
    const named = new Set([...tables.keys()].map((name) => name.split(',')[0]));
    expect([...named].sort()).toEqual(Object.keys(machines).sort());
  });

  test.each(['connection', 'pool', 'entry', 'daemon'] as const)(
    'tells of every state of %s once, and of no other',
    (name) => {
      const paths = statesOf(name).map(({ path }) => path);
      expect(codesUnder(rowsOf(name), 'state').sort()).toEqual(paths.sort());
    },
  );

  test('tells the status of each state of a connection', () => {
    const told = Object.fromEntries(
      rowsOf('connection').map(({ state = '', status }) => [state.replaceAll('`', ''), status]),
    );
    const expected = Object.fromEntries(statesOf('connection').map((state) => [state.path, statusOf(state)]));
    expect(told).toEqual(expected);
  });

  test.each(['connection', 'pool', 'entry', 'daemon'] as const)('names events that %s has', (name) => {
    const root = chartOf(machines[name]);
    const events = new Set(
      withDescendants(root).flatMap(({ transitions }) => transitions.map(({ eventType }) => eventType)),
    );
    const named = rowsOf(name).flatMap(({ until = '' }) =>
      [
        ...until.matchAll(
          /`((?:connection|session|transport|handshake|probe|entry|pool|client|daemon)\.\w+)`/g,
        ),
      ].map(([, event = '']) => event),
    );
    expect(named.length).toBeGreaterThan(1);
    expect(named.filter((event) => !events.has(event))).toEqual([]);
  });

  test('says what goes on in each', () => {
    const silent = [...tables.values()].flat().filter((row) => (row['what goes on'] ?? '') === '');
    expect(silent).toEqual([]);
  });
});
