import type { Report } from '../report.js';
import type { KilledCall } from './callers.js';

const some = (found: readonly string[]) =>
  found.length === 0 ? 0 : `${found.length}: ${found.slice(0, 3).join('; ')}`;

/** Holds what callers were told against what the servers wrote down. */
export function judgeKills(
  calls: readonly KilledCall[],
  executions: ReadonlyMap<string, number>,
  report: Report,
): void {
  const times = ({ key }: KilledCall) => executions.get(key) ?? 0;
  const none = (name: string, found: readonly KilledCall[]) =>
    report.expect(found.length === 0, name, some(found.map(describe)));
  const succeeded = calls.filter(({ end }) => end?.how === 'succeeded');
  const failed = calls.filter(({ end }) => end?.how === 'failed');
  const said = (mayHaveExecuted: boolean | null) =>
    failed.filter(({ end }) => end?.how === 'failed' && end.mayHaveExecuted === mayHaveExecuted);
  report.figure('calls made', calls.length);
  report.figure('  of these succeeded', succeeded.length);
  report.figure('  of these failed', failed.length);
  report.figure('    with', countCodes(failed));
  none(
    'calls that did not settle exactly once',
    calls.filter(({ settlements }) => settlements !== 1),
  );
  none(
    'calls executed twice',
    calls.filter((call) => times(call) > 1),
  );
  none(
    'successes never executed',
    succeeded.filter((call) => times(call) === 0),
  );
  none('errors that do not say whether it may have executed', said(null));
  report.figure('errors that say that it may have executed', said(true).length);
  report.figure('  of these executed', said(true).filter((call) => times(call) > 0).length);
  report.figure('errors that say that it has not executed', said(false).length);
  none(
    '  of these executed all the same',
    said(false).filter((call) => times(call) > 0),
  );
  none(
    'failures of calls during which no daemon was killed',
    failed.filter(({ begunAfter, endedAfter }) => begunAfter === endedAfter),
  );
}

function describe({ key, end, begunAfter, endedAfter }: KilledCall): string {
  const how =
    end === null ? 'no end' : end.how === 'succeeded' ? 'succeeded' : `${end.code} (${end.message})`;
  return `${key}: ${how}, begun after kill ${begunAfter}, ended after ${endedAfter}`;
}

function countCodes(failed: readonly KilledCall[]): string {
  const counts = new Map<string, number>();
  for (const { end } of failed) {
    if (end?.how === 'failed') counts.set(end.code, (counts.get(end.code) ?? 0) + 1);
  }
  return [...counts].map(([code, count]) => `${code} ${count}`).join(', ') || 'nothing';
}
