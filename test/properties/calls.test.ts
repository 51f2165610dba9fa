import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ConnectionConfig } from '../../src/connection/options.js';
import { SteppingClock } from '../../src/testing/steppingClock.js';
import { type CallCommand, performCall } from '../rigs/callCommands.js';
import { CallRig } from '../rigs/callRig.js';
import { CallWatch } from '../rigs/invariants/callWatch.js';
import { patience, runs } from './budget.js';
import { abortsApart, type CallCase, callsKept } from './callProperties.js';
import { timersOfTheProcess } from './processTimers.js';

const timers = timersOfTheProcess();

/** A connection that is not tried again once it is lost. */
const once: ConnectionConfig = { retryPolicy: { initialAttempts: 1, maxAttempts: 0 }, healthCheck: false };

/** Stories that once did not hold, by what was wrong. */
const PINNED: { [bug: string]: CallCase[] } = {
  'a call was in no count between its answer and its end': [
    [
      [
        { do: 'connect' },
        { do: 'settle' },
        { do: 'call', kind: 'tool', timeout: 60_000 },
        { do: 'answer', which: 0, how: 'result' },
        { do: 'tick', turns: 2 },
      ],
      once,
    ],
  ],
  // In which turn it is depends on how many promises the handshake takes; it is one of these.
  'an abort between waiting and sending was not heard': Array.from(
    { length: 60 },
    (_, turns): CallCase => [
      [
        { do: 'connect' },
        { do: 'call', kind: 'tool', timeout: 60_000 },
        { do: 'tick', turns },
        { do: 'abort', which: 0, reason: 'error' },
        { do: 'settle' },
      ],
      once,
    ],
  ),
  'a call that was sent, and could not go on, was refused as if it had not been': [
    [
      [
        { do: 'connect' },
        { do: 'settle' },
        { do: 'call', kind: 'read', timeout: 60_000 },
        { do: 'lose', transport: 0, code: 'PROCESS_EXITED' },
        { do: 'settle' },
      ],
      once,
    ],
  ],
};

/** The aborted call is what a disconnect waits for, and another one waits for the session after it. */
const LAST_OF_A_SESSION: [...CallCase, number] = [
  [
    { do: 'connect' },
    { do: 'settle' },
    { do: 'call', kind: 'tool', timeout: 1 },
    { do: 'disconnect' },
    { do: 'connect' },
    { do: 'call', kind: 'tool', timeout: 60_000 },
  ],
  once,
  0,
];

function newClock(): SteppingClock {
  const clock = new SteppingClock();
  timers.areOf(clock);
  return clock;
}

describe('whatever befalls calls', { timeout: patience }, () => {
  test('everything holds that always holds of them', async () => {
    await fc.assert(callsKept(newClock), { numRuns: runs(300), examples: Object.values(PINNED).flat() });
  });

  test('aborting one touches no other', async () => {
    await fc.assert(abortsApart(newClock), { numRuns: runs(100), examples: [LAST_OF_A_SESSION] });
  });

  test('a flood of them finds no more room than there is, and every one its end', async () => {
    const some = fc.integer({ min: 0, max: 1_200 });
    await fc.assert(
      fc.asyncProperty(some, some, async (inFlight, waiting) => {
        const watch = new CallWatch(new CallRig(newClock(), {}));
        const flood = (count: number) =>
          Array.from({ length: count }, (): CallCommand => ({ do: 'call', kind: 'read', timeout: 60_000 }));
        const { rig } = watch;
        await watch.run([{ do: 'connect' }, { do: 'settle' }]);
        for (const command of flood(inFlight)) await performCall(rig, command);
        await watch.run([{ do: 'settle' }, { do: 'lose', transport: 0, code: 'PROCESS_EXITED' }]);
        for (const command of flood(waiting)) await performCall(rig, command);
        await watch.run([{ do: 'settle' }]);
        expect(rig.manager.stats.calls.waiting).toBe(Math.min(1_000, inFlight + waiting));
        await watch.run([{ do: 'advance', by: 31_000 }]);
        expect(rig.manager.stats.calls.inFlight).toBe(Math.min(1_000, inFlight + waiting));
        await watch.end();
      }),
      {
        numRuns: runs(5),
        examples: [
          [1_100, 0],
          [600, 600],
        ],
      },
    );
  });
});
