import { expect, test } from 'vitest';
import { WakeDetector } from '../../src/connection/wakeDetector.js';
import { SteppingClock } from '../../src/testing/steppingClock.js';

/** A clock that can stand still, as a stopped process sees it, or jump, as the wall clock does in sleep. */
function watched() {
  const clock = new SteppingClock();
  const detector = new WakeDetector(clock);
  let wakes = 0;
  const stop = detector.watch(() => {
    wakes += 1;
  });
  return { clock, detector, stop, wakes: () => wakes };
}

test('time that passes look by look is no gap', async () => {
  const { clock, wakes } = watched();
  await clock.advance(60_000);
  expect(wakes()).toBe(0);
});

test('a look that comes too late is one gap', async () => {
  const { clock, wakes } = watched();
  clock.skip(2_000);
  expect(wakes()).toBe(1);
  await clock.advance(60_000);
  expect(wakes()).toBe(1);
});

test('a machine whose monotonic clock stands still in sleep is noticed by the wall clock', async () => {
  const { clock, wakes } = watched();
  clock.setTime(clock.time() + 3_600_000);
  await clock.advance(1_000);
  expect(wakes()).toBe(1);
});

test('a wall clock that is set back is no gap', async () => {
  const { clock, wakes } = watched();
  clock.setTime(clock.time() - 3_600_000);
  await clock.advance(10_000);
  expect(wakes()).toBe(0);
});

test('nothing runs once nobody listens', () => {
  const { clock, detector, stop } = watched();
  const stopOther = detector.watch(() => {});
  stop();
  expect(clock.delays).toHaveLength(1);
  stopOther();
  expect(clock.delays).toEqual([]);
});
