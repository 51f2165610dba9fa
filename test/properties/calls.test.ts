import fc from 'fast-check';
import { describe, test } from 'vitest';
import { callStory } from '../../src/testing/callCommands.js';
import { CallRig } from '../../src/testing/callRig.js';
import { CallWatch } from '../../src/testing/invariants/callWatch.js';
import { SteppingClock } from '../../src/testing/steppingClock.js';
import { patience, runs } from './budget.js';
import { timersOfTheProcess } from './processTimers.js';

const timers = timersOfTheProcess();

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
        const clock = new SteppingClock();
        timers.areOf(clock);
        const watch = new CallWatch(new CallRig(clock, options));
        await watch.run(story);
        await watch.end();
      }),
      { numRuns: runs(300) },
    );
  });
});
