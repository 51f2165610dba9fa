import { afterAll, beforeAll, vi } from 'vitest';
import type { SteppingClock } from '../../src/testing/steppingClock.js';

/**
 * The SDK's client keeps its limits with the timers of the process. In the tests of this file they are
 * those of the clock that was given last.
 */
export function timersOfTheProcess(): { areOf(clock: SteppingClock): void } {
  let clock: SteppingClock | null = null;
  beforeAll(() => {
    vi.stubGlobal('setTimeout', (callback: () => void, delay: number) => clock?.setTimeout(callback, delay));
    vi.stubGlobal('clearTimeout', (timer: unknown) => clock?.clearTimeout(timer));
  });
  afterAll(() => {
    vi.unstubAllGlobals();
  });
  return {
    areOf(given) {
      clock = given;
    },
  };
}
