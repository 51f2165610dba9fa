/** Races of one connection against the steps of its own sessions or transports, and where they must lead. */
import { ok } from 'node:assert';
import fc from 'fast-check';
import { ConnectionManager } from '../../src/connection/ConnectionManager.js';
import type { ConnectionStatus } from '../../src/connection/state.js';
import { ConnectionError } from '../../src/errors.js';
import { seededRandom } from '../../src/testing/seededRandom.js';
import { type SteppingClock, settle } from '../../src/testing/steppingClock.js';
import { Watch } from '../rigs/invariants/watch.js';
import { RacingSession, type Schedule } from '../rigs/racingSession.js';
import { RacingTransport } from '../rigs/racingTransport.js';
import type { NewClock } from './callProperties.js';
import type { Count } from './connectionProperties.js';

export type Act = 'connect' | 'reconnect' | 'disconnect' | 'terminate' | 'checkHealth' | 'lose';

/** What is done, tick by tick, at any time between the steps of the sessions; and where that must lead. */
export const RACES: { [name: string]: { ticks: Act[][]; end: ConnectionStatus } } = {
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

export const ticks = fc.array(
  fc.array(fc.constantFrom<Act>('connect', 'reconnect', 'disconnect', 'checkHealth', 'lose'), {
    minLength: 1,
    maxLength: 3,
  }),
  { minLength: 1, maxLength: 5 },
);

/** The last wish wins, whatever else happened. */
export function endOf(acts: readonly Act[][]): ConnectionStatus {
  const wish = acts.flat().findLast((act) => act !== 'checkHealth' && act !== 'lose');
  return wish === 'connect' || wish === 'reconnect' ? 'connected' : 'disconnected';
}

const config = { retryPolicy: { initialAttempts: 'unlimited' } } as const;
const exited = () => new ConnectionError('PROCESS_EXITED', 'exited');
const MOST_STEPS = 500;

/** Steps taken before everything has settled. */
export const pace = fc.constantFrom(1, 1, 2, 3);

/** One connection in a race, seen from outside. */
export interface Racer {
  readonly clock: SteppingClock;
  act(act: Act): void;
  status(): ConnectionStatus;
  /** Throws when something does not hold that always holds. */
  verify(): Promise<void>;
}

/**
 * Lets the acts and all they set off take their turns in any order, until nothing more happens. Returns
 * how many turns that took.
 */
export async function race(
  scheduler: fc.Scheduler,
  { clock, act, status, verify }: Racer,
  acts: readonly Act[][],
  end: ConnectionStatus,
  pace: number,
): Promise<number> {
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
    else if (status() === end && done.done) return step;
    // Nothing comes by itself any more: time goes on, to the end of a backoff.
    else if (!clock.step()) break;
  }
  throw new Error(`it led to ${status()}, not to ${end}`);
}

/** A connection over sessions that take their time. */
export function sessionRacer(scheduler: fc.Scheduler): Racer & { watch: Watch } {
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

/** A connection over real sessions, whose transports take their time. */
export function transportRacer(
  scheduler: fc.Scheduler,
  newClock: NewClock,
): Racer & { transports: RacingTransport[] } {
  const clock = newClock();
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
      ok(live.length <= 1, `${live.length} live transports`);
      if (status() === 'connected') ok(live[0] === transports.at(-1), 'the newest transport is not in use');
      const isAtRest = status() === 'disconnected' || status() === 'terminated';
      ok(!isAtRest || live.length === 0, 'a transport was left');
      ok(manager.actor.getSnapshot().status !== 'error', 'the chart ended in an error');
    },
  };
}

/** Every transport that was made is closed, but the one in use. */
export function expectNoneLeft({ transports, status }: ReturnType<typeof transportRacer>): void {
  const old = status() === 'connected' ? transports.slice(0, -1) : transports;
  ok(
    old.every(({ isGone }) => isGone),
    'a transport was not closed',
  );
}

/** The last wish wins, between the steps of sessions. */
export function lastWishOverSessions(count: Count = () => {}) {
  return fc.asyncProperty(fc.scheduler(), ticks, pace, async (scheduler, acts, steps) => {
    const racer = sessionRacer(scheduler);
    count(await race(scheduler, racer, acts, endOf(acts), steps));
    ok(racer.watch.rig.pendingPromises.length === 0, 'a promise is left');
  });
}

/** The last wish wins, between the steps of transports. */
export function lastWishOverTransports(newClock: NewClock, count: Count = () => {}) {
  return fc.asyncProperty(fc.scheduler(), ticks, pace, async (scheduler, acts, steps) => {
    const racer = transportRacer(scheduler, newClock);
    count(await race(scheduler, racer, acts, endOf(acts), steps));
    expectNoneLeft(racer);
  });
}
