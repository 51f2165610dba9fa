/** What the kills must not let through. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Report } from '../report.js';
import type { CallEnd, KilledCall } from './callers.js';
import { judgeKills } from './killVerdict.js';

beforeEach(() => {
  vi.spyOn(console, 'log').mockImplementation(() => {});
});
afterEach(() => {
  vi.restoreAllMocks();
});

const succeeded: CallEnd = { how: 'succeeded' };
const failed = (mayHaveExecuted: boolean | null): CallEnd => ({
  how: 'failed',
  code: 'PEER_GONE',
  mayHaveExecuted,
  message: 'gone',
});

const call = (key: string, end: CallEnd | null, during = true): KilledCall => ({
  key,
  begunAfter: 1,
  endedAfter: during ? 2 : 1,
  end,
  settlements: end === null ? 0 : 1,
});

/** What is wrong, given these calls and how often the servers executed them. */
function verdict(calls: KilledCall[], executions: { [key: string]: number }): string[] {
  const report = new Report();
  judgeKills(calls, new Map(Object.entries(executions)), report);
  return report.failures.map((failure) => failure.split(':')[0]?.trim() ?? '');
}

test('what is as promised is let through', () => {
  const calls = [
    call('a', succeeded, false),
    call('b', failed(true)),
    call('c', failed(true)),
    call('d', failed(false)),
  ];
  expect(verdict(calls, { a: 1, b: 1 })).toEqual([]);
});

test.each([
  ['a call that never settles', [call('a', null)], {}, 'calls that did not settle exactly once'],
  [
    'one that settles twice',
    [{ ...call('a', succeeded), settlements: 2 }],
    { a: 1 },
    'calls that did not settle exactly once',
  ],
  ['one that is executed twice', [call('a', succeeded)], { a: 2 }, 'calls executed twice'],
  ['a success of nothing', [call('a', succeeded)], {}, 'successes never executed'],
  [
    'an error that does not say',
    [call('a', failed(null))],
    {},
    'errors that do not say whether it may have executed',
  ],
  ['one that denies what was', [call('a', failed(false))], { a: 1 }, 'of these executed all the same'],
  [
    'one without a kill',
    [call('a', failed(true), false)],
    {},
    'failures of calls during which no daemon was killed',
  ],
])('%s is noticed', (_, calls, executions, found) => {
  expect(verdict(calls, executions)).toEqual([found]);
});
