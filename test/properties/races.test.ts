import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SteppingClock } from '../../src/testing/steppingClock.js';
import { patience, runs } from './budget.js';
import { timersOfTheProcess } from './processTimers.js';
import {
  expectNoneLeft,
  lastWishOverSessions,
  lastWishOverTransports,
  pace,
  RACES,
  race,
  sessionRacer,
  transportRacer,
} from './racing.js';

describe('between the steps of sessions', { timeout: patience }, () => {
  test.each(Object.entries(RACES))('%s', async (_name, { ticks: acts, end }) => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), pace, async (scheduler, steps) => {
        const racer = sessionRacer(scheduler);
        await race(scheduler, racer, acts, end, steps);
        expect(racer.watch.rig.pendingPromises).toEqual([]);
      }),
      { numRuns: runs(40) },
    );
  });

  test('the last wish wins', async () => {
    await fc.assert(lastWishOverSessions(), { numRuns: runs(150) });
  });
});

describe('between the steps of transports', { timeout: patience }, () => {
  const timers = timersOfTheProcess();

  function newClock(): SteppingClock {
    const clock = new SteppingClock();
    timers.areOf(clock);
    return clock;
  }

  test.each(Object.entries(RACES))('%s', async (_name, { ticks: acts, end }) => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), pace, async (scheduler, steps) => {
        const racer = transportRacer(scheduler, newClock);
        await race(scheduler, racer, acts, end, steps);
        expectNoneLeft(racer);
      }),
      { numRuns: runs(40) },
    );
  });

  test('the last wish wins', async () => {
    await fc.assert(lastWishOverTransports(newClock), { numRuns: runs(150) });
  });
});
