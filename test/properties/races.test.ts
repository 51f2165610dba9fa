import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ConnectionManager } from '../../src/connection/ConnectionManager.js';
import type { ConnectionStatus } from '../../src/connection/state.js';
import { ConnectionError } from '../../src/errors.js';
import { Watch } from '../../src/testing/invariants/watch.js';
import { RacingSession, type Schedule } from '../../src/testing/racingSession.js';
import { RacingTransport } from '../../src/testing/racingTransport.js';
import { seededRandom } from '../../src/testing/seededRandom.js';
import { SteppingClock, settle } from '../../src/testing/steppingClock.js';
import { patience, runs } from './budget.js';
import { timersOfTheProcess } from './processTimers.js';

type Act = 'connect' | 'reconnect' | 'disconnect' | 'terminate' | 'checkHealth' | 'lose';

/** What is done, tick by tick, at any time between the steps of the sessions; and where that must lead. */
const RACES: { [name: string]: { ticks: Act[][]; end: ConnectionStatus } } = {
  'opened after the user stopped': { ticks: [['connect'], ['disconnect']], end: 'disconnected' },
  'terminated while it opens': { ticks: [['connect'], ['terminate']], end: 'terminated' },
  'closed while it opens, and wanted again': {
    ticks: [['connect'], ['disconnect'], ['connect']],
    end: 'connected',
  },
  'connect, disconnect, connect in one tick': {
    ticks: [['connect', 'disconnect', 'connect']],
    end: 'connected',
  },
  'disconnect, connect, disconnect in one tick': {
    ticks: [['connect'], ['disconnect', 'connect', 'disconnect']],
    end: 'disconnected',
  },
  'disconnected by many': {
    ticks: [['connect'], ['disconnect'], ['disconnect'], ['disconnect', 'disconnect']],
    end: 'disconnected',
  },
  'a probe answered after the loss': {
    ticks: [['connect'], ['checkHealth', 'lose'], ['checkHealth'], ['lose']],
    end: 'connected',
  },
  'terminated while the lost one is released': {
    ticks: [['connect'], ['lose'], ['terminate'], ['connect']],
    end: 'terminated',
  },
  'lost while the user leaves': { ticks: [['connect'], ['disconnect'], ['lose']], end: 'disconnected' },
  'reconnected while the lost one is released': {
    ticks: [['connect'], ['lose', 'reconnect'], ['disconnect', 'reconnect']],
    end: 'connected',
  },
};

const ticks = fc.array(
  fc.array(fc.constantFrom<Act>('connect', 'reconnect', 'disconnect', 'checkHealth', 'lose'), {
    minLength: 1,
    maxLength: 3,
  }),
  { minLength: 1, maxLength: 5 },
);

/** The last wish wins, whatever else happened. */
function endOf(acts: readonly Act[][]): ConnectionStatus {
  const wish = acts.flat().findLast((act) => act !== 'checkHealth' && act !== 'lose');
  return wish === 'connect' || wish === 'reconnect' ? 'connected' : 'disconnected';
}

const config = { retryPolicy: { initialAttempts: 'unlimited' } } as const;
const exited = () => new ConnectionError('PROCESS_EXITED', 'exited');
const MOST_STEPS = 500;

/** Steps taken before everything has settled. */
const pace = fc.constantFrom(1, 1, 2, 3);

/** One connection in a race, seen from outside. */
interface Racer {
  readonly clock: SteppingClock;
  act(act: Act): void;
  status(): ConnectionStatus;
  /** Throws when something does not hold that always holds. */
  verify(): Promise<void>;
}

/** Lets the acts and all they set off take their turns in any order, until nothing more happens. */
async function race(
  scheduler: fc.Scheduler,
  { clock, act, status, verify }: Racer,
  acts: readonly Act[][],
  end: ConnectionStatus,
  pace: number,
): Promise<void> {
  const done = scheduler.scheduleSequence(
    acts.map((tick) => ({
      label: tick.join(', '),
      builder: async () => {
        for (const one of tick) act(one);
      },
    })),
  );
  for (let step = 0; step < MOST_STEPS; step += 1) {
    await settle();
    await verify();
    if (scheduler.count() > 0) await scheduler.waitNext(Math.min(pace, scheduler.count()));
    else if (status() === end && done.done) return;
    // Nothing comes by itself any more: time goes on, to the end of a backoff.
    else if (!clock.step()) break;
  }
  expect.fail(`it led to ${status()}, not to ${end}`);
}

describe('between the steps of sessions', { timeout: patience }, () => {
  function start(scheduler: fc.Scheduler): Racer & { watch: Watch } {
    const schedule: Schedule = (label) => scheduler.schedule(Promise.resolve(), label);
    const watch = new Watch({ config, createSession: (epoch) => new RacingSession(epoch, schedule) });
    const { rig } = watch;
    return {
      watch,
      clock: rig.clock,
      act: (act) => {
        if (act === 'lose') rig.session?.lost(exited());
        else rig.ask(act, async () => rig.manager[act]());
      },
      status: () => rig.manager.state.status,
      verify: () => watch.verify(),
    };
  }

  test.each(Object.entries(RACES))('%s', async (_name, { ticks: acts, end }) => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), pace, async (scheduler, steps) => {
        const racer = start(scheduler);
        await race(scheduler, racer, acts, end, steps);
        expect(racer.watch.rig.pendingPromises).toEqual([]);
      }),
      { numRuns: runs(40) },
    );
  });

  test('the last wish wins', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), ticks, pace, async (scheduler, acts, steps) => {
        const racer = start(scheduler);
        await race(scheduler, racer, acts, endOf(acts), steps);
        expect(racer.watch.rig.pendingPromises).toEqual([]);
      }),
      { numRuns: runs(150) },
    );
  });
});

describe('between the steps of transports', { timeout: patience }, () => {
  const timers = timersOfTheProcess();

  function start(scheduler: fc.Scheduler): Racer & { transports: RacingTransport[] } {
    const clock = new SteppingClock();
    timers.areOf(clock);
    const schedule: Schedule = (label) => scheduler.schedule(Promise.resolve(), label);
    const transports: RacingTransport[] = [];
    const manager = new ConnectionManager({
      name: 'raced',
      ...config,
      clock,
      random: seededRandom(1),
      server: async () => {
        const transport = new RacingTransport(transports.length + 1, schedule);
        transports.push(transport);
        await schedule(`transport ${transports.length}: made`);
        return transport;
      },
    });
    const status = () => manager.state.status;
    return {
      transports,
      clock,
      status,
      act: (act) => {
        if (act === 'lose') transports.at(-1)?.lose(exited());
        // What becomes of these promises is watched over scripted sessions.
        else manager[act]().catch(() => {});
      },
      verify: async () => {
        const live = transports.filter(({ isLive }) => isLive);
        expect(live.length, 'live transports').toBeLessThanOrEqual(1);
        if (status() === 'connected') expect(live, 'the one in use').toEqual([transports.at(-1)]);
        if (status() === 'disconnected' || status() === 'terminated') expect(live, 'left').toEqual([]);
        expect(manager.actor.getSnapshot().status, 'the chart').not.toBe('error');
      },
    };
  }

  /** Every transport that was made is closed, but the one in use. */
  function expectNoneLeft({ transports, status }: ReturnType<typeof start>): void {
    const old = status() === 'connected' ? transports.slice(0, -1) : transports;
    expect(old.filter(({ isGone }) => !isGone)).toEqual([]);
  }

  test.each(Object.entries(RACES))('%s', async (_name, { ticks: acts, end }) => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), pace, async (scheduler, steps) => {
        const racer = start(scheduler);
        await race(scheduler, racer, acts, end, steps);
        expectNoneLeft(racer);
      }),
      { numRuns: runs(40) },
    );
  });

  test('the last wish wins', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), ticks, pace, async (scheduler, acts, steps) => {
        const racer = start(scheduler);
        await race(scheduler, racer, acts, endOf(acts), steps);
        expectNoneLeft(racer);
      }),
      { numRuns: runs(150) },
    );
  });
});
