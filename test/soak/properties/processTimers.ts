import { SteppingClock } from '../../../src/testing/steppingClock.js';

/**
 * Runs `work` while the timers of the process, which the SDK's client uses for its limits, are those of
 * the clock that was made last.
 */
export async function withSteppingTimers<Result>(
  work: (newClock: () => SteppingClock) => Promise<Result>,
): Promise<Result> {
  const { setTimeout, clearTimeout } = globalThis;
  let clock = new SteppingClock();
  Object.assign(globalThis, {
    setTimeout: (callback: () => void, delay: number) => clock.setTimeout(callback, delay),
    clearTimeout: (timer: unknown) => clock.clearTimeout(timer),
  });
  try {
    return await work(() => {
      clock = new SteppingClock();
      return clock;
    });
  } finally {
    Object.assign(globalThis, { setTimeout, clearTimeout });
  }
}
