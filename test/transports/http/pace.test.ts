import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RESUME_CAP, RESUME_FLOOR, ResumptionPace } from '../../../src/transports/http/pace.js';

test('the first request for a stream is not delayed', () => {
  expect(new ResumptionPace(() => 0.5).nextDelay()).toBe(0);
});

test('chance makes waits longer, and never leaves the cap', () => {
  const delays = [0, 0.5, 0.999].map((random) => {
    const pace = new ResumptionPace(() => random);
    pace.opened();
    pace.ended({ isBarren: true, isBroken: false });
    return pace.nextDelay();
  });
  expect(delays[0]).toBe(RESUME_FLOOR);
  expect(delays[1]).toBe(RESUME_FLOOR * 1.1);
  expect(delays[2]).toBeCloseTo(RESUME_FLOOR * 1.2, 0);
});

test('a server that names its wait is not asked at once, though the stream broke', () => {
  const pace = new ResumptionPace(() => 0);
  pace.opened();
  pace.requested(2_000);
  pace.settled();
  pace.ended({ isBarren: false, isBroken: true });
  expect(pace.nextDelay()).toBe(2_000);
});

test('whatever happens, at most two requests of those that follow a stream come within the floor', () => {
  const step = fc.oneof(
    fc.record({
      type: fc.constant('failed' as const),
      retryAfter: fc.option(fc.double({ noNaN: true, min: 0 })),
    }),
    fc.record({
      type: fc.constant('ended' as const),
      isBarren: fc.boolean(),
      isBroken: fc.boolean(),
      retry: fc.option(fc.double({ noNaN: true, min: 0 })),
    }),
  );
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 200 }),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      (steps, random) => {
        const pace = new ResumptionPace(() => random);
        const delays = steps.map((taken) => {
          if (taken.type === 'failed') pace.failed(taken.retryAfter);
          else {
            pace.opened();
            if (taken.retry !== null) pace.requested(taken.retry);
            pace.ended(taken);
          }
          return pace.nextDelay();
        });
        expect(delays.every((delay) => delay >= 0 && delay <= RESUME_CAP)).toBe(true);
        expect(delays.filter((delay) => delay < RESUME_FLOOR).length).toBeLessThanOrEqual(1);
      },
    ),
  );
});
