import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseRetryAfter } from '../../../src/transports/http/retryAfter.js';

const NOW = Date.parse('2026-01-02T03:04:05Z');

test.each([
  ['0', 0],
  [' 12 ', 12_000],
  ['1000000000', 1e12],
  ['9'.repeat(400), Number.MAX_SAFE_INTEGER],
  ['Fri, 02 Jan 2026 03:04:35 GMT', 30_000],
  ['Friday, 02-Jan-26 03:04:35 GMT', 30_000],
  ['Thu, 01 Jan 1970 00:00:00 GMT', 0],
])('%s', (value, expected) => {
  expect(parseRetryAfter(value, NOW)).toBe(expected);
});

test.each([null, '', 'soon', '-5', '1.5', '5s', '0x10', '1e3', 'Fri, 99 Jan 2026 03:04:35 GMT', 'NaN'])(
  '%s makes no sense',
  (value) => {
    expect(parseRetryAfter(value, NOW)).toBeNull();
  },
);

test('nothing makes it negative or infinite', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.nat().map(String),
        fc.date({ noInvalidDate: true }).map((date) => date.toUTCString()),
      ),
      (value) => {
        const parsed = parseRetryAfter(value, NOW);
        expect(parsed === null || (Number.isFinite(parsed) && parsed >= 0)).toBe(true);
      },
    ),
  );
});
