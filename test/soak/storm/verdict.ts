import type { ConnectionStats } from '../../../src/index.js';
import type { Report } from '../report.js';
import { readLedger } from './ledger.js';
import type { Ending, LoadedCall } from './load.js';

/** What is judged of a station. */
export interface Judged {
  readonly name: string;
  readonly ledger: string;
  readonly calls: readonly LoadedCall[];
  readonly reconnects: readonly (string | null)[];
  readonly manager: { readonly stats: Pick<ConnectionStats, 'connects' | 'calls'> };
}

const is = (how: Ending['how']) => (call: LoadedCall) => call.ending?.how === how;
const isDeniedToHaveExecuted = ({ ending }: LoadedCall) =>
  ending !== null && 'mayHaveExecuted' in ending && !ending.mayHaveExecuted;
/** A few examples, where there may be thousands. */
const some = (found: readonly string[]) =>
  found.length === 0 ? 0 : `${found.length}: ${found.slice(0, 5).join(', ')}`;

/** Holds what was promised to the callers against what the servers wrote down. */
export function judge(stations: readonly Judged[], report: Report): void {
  const calls = stations.flatMap((station) => station.calls);
  const executions = new Map(
    [...new Set(stations.map(({ ledger }) => ledger))].flatMap((path) => [...readLedger(path)]),
  );
  const times = (key: string) => executions.get(key) ?? 0;
  const keysOf = (found: readonly LoadedCall[]) => found.flatMap(({ keys }) => keys);
  const none = (name: string, found: readonly string[]) =>
    report.expect(found.length === 0, name, some(found));

  report.expect(calls.length > 0, 'calls made', calls.length);
  for (const how of ['succeeded', 'failed', 'cancelled', 'refused'] as const) {
    report.figure(`  of these ${how}`, calls.filter(is(how)).length);
  }
  none(
    'calls that ended as none should',
    calls.flatMap(({ ending }) => (ending?.how === 'wrong' ? [ending.reason] : [])),
  );
  none(
    'calls that did not settle exactly once',
    keysOf(calls.filter(({ settlements }) => settlements !== 1)),
  );
  judgeBooks(stations, report);

  const once = calls.filter(({ kind }) => kind === 'tool' || kind === 'run');
  const safe = calls.filter(({ kind }) => kind === 'harmless' || kind === 'read');
  const sum = (keys: readonly string[]) => keys.reduce((total, key) => total + times(key), 0);
  report.figure('executions, counted by the servers', sum([...executions.keys()]));
  none(
    'non-idempotent calls executed twice',
    keysOf(once).filter((key) => times(key) > 1),
  );
  report.figure('idempotent calls executed twice', keysOf(safe).filter((key) => times(key) === 2).length);
  none(
    'idempotent calls executed more often',
    keysOf(safe).filter((key) => times(key) > 2),
  );
  none(
    'successes never executed',
    keysOf(calls.filter(is('succeeded'))).filter((key) => times(key) === 0),
  );
  const denied = calls.filter(isDeniedToHaveExecuted);
  report.figure('errors with mayHaveExecuted: false', denied.length);
  none(
    '  of these executed all the same',
    keysOf(denied).filter((key) => times(key) > 0),
  );
  const doubted = calls.filter(
    (call) => call.ending !== null && 'mayHaveExecuted' in call.ending && !denied.includes(call),
  );
  report.figure('errors with mayHaveExecuted: true', doubted.length);
  report.figure('  of these executed', doubted.filter(({ keys }) => sum(keys) > 0).length);
  const known = new Set(keysOf(calls));
  none(
    'executions of calls that nobody made',
    [...executions.keys()].filter((key) => !known.has(key)),
  );
}

/** accepted = succeeded + failed + cancelled, and what is not accepted was refused. */
function judgeBooks(stations: readonly Judged[], report: Report): void {
  const total = { accepted: 0, settled: 0, open: 0, connects: 0 };
  for (const { name, manager, calls } of stations) {
    const { connects, calls: books } = manager.stats;
    const { accepted, succeeded, failed, cancelled, inFlight, waiting } = books;
    total.accepted += accepted;
    total.settled += succeeded + failed + cancelled;
    total.open += inFlight + waiting;
    total.connects += connects;
    const isTrue =
      accepted === succeeded + failed + cancelled &&
      inFlight + waiting === 0 &&
      succeeded === calls.filter(is('succeeded')).length &&
      cancelled === calls.filter(is('cancelled')).length &&
      calls.length - accepted <= calls.filter(is('refused')).length;
    if (!isTrue) report.fail(`the books of ${name} are wrong: ${JSON.stringify(books)}`);
  }
  report.expect(
    total.accepted === total.settled,
    'accepted = succeeded + failed + cancelled',
    `${total.accepted} = ${total.settled}`,
  );
  report.expect(total.open === 0, 'still in flight or waiting', total.open);
  report.figure('sessions that became connected', total.connects);
  const reconnects = stations.flatMap((station) => station.reconnects);
  report.expect(!reconnects.includes(null), 'reconnect() calls, all settled', reconnects.length);
}
