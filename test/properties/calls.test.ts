import fc from 'fast-check';
import { afterAll, beforeAll, describe, test, vi } from 'vitest';
import { callStory } from '../../src/testing/callCommands.js';
import { CallRig } from '../../src/testing/callRig.js';
import { CallWatch } from '../../src/testing/invariants/callWatch.js';
import { SteppingClock } from '../../src/testing/steppingClock.js';
import { patience, runs } from './budget.js';

/** The SDK's client keeps its limits with the timers of the process: here they are the clock's. */
let clock = new SteppingClock();

beforeAll(() => {
  vi.stubGlobal('setTimeout', (callback: () => void, delay: number) => clock.setTimeout(callback, delay));
  vi.stubGlobal('clearTimeout', (timer: unknown) => clock.clearTimeout(timer));
});
afterAll(() => {
  vi.unstubAllGlobals();
});

const config = fc.record({
  retryPolicy: fc.record({
    initialAttempts: fc.constantFrom<number | 'unlimited'>(1, 'unlimited'),
    maxAttempts: fc.constantFrom<number | 'unlimited'>(0, 1, 'unlimited'),
  }),
  healthCheck: fc.constantFrom(false as const, undefined),
});

describe('whatever befalls calls', { timeout: patience }, () => {
  test('everything holds that always holds of them', async () => {
    await fc.assert(
      fc.asyncProperty(callStory(), config, async (story, options) => {
        clock = new SteppingClock();
        const watch = new CallWatch(new CallRig(clock, options));
        await watch.run(story);
        await watch.end();
      }),
      { numRuns: runs(300) },
    );
  });
});
