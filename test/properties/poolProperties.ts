/** What always holds of a pool, whatever happens to it. */
import fc from 'fast-check';
import { expect } from 'vitest';
import { ConnectionManager } from '../../src/connection/ConnectionManager.js';
import { ConnectionError, isLifelineError } from '../../src/errors.js';
import { settle } from '../../src/testing/steppingClock.js';
import { longCall, type PooledSession, PoolRig, Watched } from '../rigs/poolRig.js';

const NAMES = ['a', 'b', 'c', 'd'] as const;
const LIMIT = 2;
const FRESHNESS = 500;
const IDLE_TIMEOUT = 20_000;

/** One thing that happens, as plain data. `which` picks from what there is, modulo its number. */
export type PoolCommand =
  | { do: 'get' | 'restart' | 'remove' | 'put' | 'call' | 'disconnect' | 'terminate'; name: string }
  | { do: 'get'; name: string; timeout: number }
  | { do: 'abort' | 'endCall'; which: number }
  /** `use`: somebody gets it, the server answers as it should, and a call begins. */
  | { do: 'use' | 'proceed' | 'lose' | 'failProbe' | 'holdEnd'; name: string }
  | { do: 'letEnd' | 'wake' }
  | { do: 'advance'; by: number }
  | { do: 'settle' };

const name = fc.constantFrom(...NAMES);
const which = fc.nat(20);

export const command: fc.Arbitrary<PoolCommand> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('get' as const), name }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('get' as const), name, timeout: fc.constantFrom(0, 50, 3_000) }),
  },
  { weight: 10, arbitrary: fc.record({ do: fc.constantFrom('use', 'use', 'proceed'), name }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('advance' as const),
      by: fc.constantFrom(1, 400, 1_100, 6_000, 40_000),
    }),
  },
  { weight: 3, arbitrary: fc.constant({ do: 'settle' as const }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constantFrom('restart', 'remove', 'put', 'call', 'call', 'disconnect', 'terminate'),
      name,
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('abort', 'endCall'), which }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constantFrom('lose', 'failProbe', 'holdEnd'), name }) },
  { weight: 2, arbitrary: fc.constant({ do: 'letEnd' as const }) },
  { weight: 2, arbitrary: fc.constant({ do: 'wake' as const }) },
);

interface Get {
  watched: Watched<ConnectionManager>;
  controller: AbortController;
  deadline: number;
}

/** A pool to which things happen, and an eye on it. */
export class WatchedPool {
  readonly rig = new PoolRig({
    // Some give up at once where they never came up: what has failed for good is to be had, too.
    servers: Object.fromEntries(
      NAMES.map((each) => [each, each < 'c' ? { retryPolicy: { initialAttempts: 1 } } : {}]),
    ),
    maxConnections: LIMIT,
    maxStarts: LIMIT,
    idleTimeout: IDLE_TIMEOUT,
    freshness: FRESHNESS,
  });
  readonly #gets: Get[] = [];
  readonly #calls: (ReturnType<typeof longCall> & { manager: ConnectionManager })[] = [];
  /** Names whose connection somebody ends on purpose. */
  readonly #leaving = new Set<string>();
  /** Names whose connection began to end with a call in flight, without anybody asking for it. */
  readonly #evictedInUse: string[] = [];
  /** Names whose connection was handed out so many milliseconds after the last proof of life. */
  readonly #stale: [name: string, silence: number | null][] = [];

  constructor() {
    this.rig.pool.on('state', (each, { from, to }) => {
      // What the connection has settled its caller hears of a moment later.
      const isInUse = this.#calls.some(
        ({ manager }) =>
          manager.name === each && manager.state.status === 'closing' && manager.stats.calls.inFlight > 0,
      );
      if (from.status === 'connected' && to.status === 'closing' && isInUse && !this.#leaving.has(each)) {
        this.#evictedInUse.push(each);
      }
    });
  }

  async run(commands: readonly PoolCommand[]): Promise<void> {
    for (const each of commands) {
      await this.#perform(each);
      this.check();
    }
    await this.#end();
  }

  /** Everything that holds at any moment. */
  check(): void {
    const { pool, live } = this.rig;
    const { gets, ...counts } = pool.stats;
    expect(counts.total).toBe(counts.idle + counts.active + counts.connecting + counts.closing);
    expect(gets.accepted).toBe(gets.succeeded + gets.failed + gets.cancelled + gets.waiting);
    expect(gets.accepted).toBe(this.#gets.length);
    expect(live.length).toBeLessThanOrEqual(LIMIT);
    const names = pool.entries.map((entry) => entry.name);
    expect(new Set(names).size).toBe(names.length);
    for (const each of NAMES) {
      const open = this.rig.sessions(each).filter(({ isLive }) => isLive);
      expect(open.length, `live sessions of ${each}`).toBeLessThanOrEqual(1);
    }
    expect(this.#evictedInUse).toEqual([]);
    expect(this.#stale).toEqual([]);
    const disused = pool.entries.filter(
      ({ status, unusedFor }) =>
        ['connecting', 'connected', 'reconnecting'].includes(status) && unusedFor > IDLE_TIMEOUT,
    );
    expect(disused).toEqual([]);
    const now = this.rig.clock.now();
    const late = this.#gets.filter(({ watched, deadline }) => watched.isPending && deadline < now);
    expect(late).toEqual([]);
  }

  async #perform(each: PoolCommand): Promise<void> {
    const { rig } = this;
    switch (each.do) {
      case 'get':
        this.#ask((options) => rig.pool.get(each.name, options), 'timeout' in each ? each.timeout : 60_000);
        return;
      case 'restart':
        this.#ask((options) => rig.pool.restart(each.name, options), 60_000);
        return;
      case 'remove':
        this.#leave(each.name, () => rig.pool.remove(each.name));
        return;
      case 'put': {
        const manager = new ConnectionManager({
          ...rig.server(each.name),
          name: each.name,
          clock: rig.clock,
          random: () => 0.5,
        });
        this.#leave(each.name, () => rig.pool.put(each.name, manager));
        return;
      }
      case 'call': {
        const manager = rig.pool.peek(each.name);
        if (manager?.state.status === 'connected') this.#calls.push({ manager, ...longCall(manager) });
        return;
      }
      case 'disconnect':
        this.#leave(each.name, async () => rig.pool.peek(each.name)?.disconnect());
        return;
      case 'terminate':
        this.#leave(each.name, async () => rig.pool.peek(each.name)?.terminate());
        return;
      case 'abort':
        pick(this.#gets, each.which)?.controller.abort(new Error('the caller’s own reason'));
        return settle();
      case 'endCall':
        pick(this.#calls, each.which)?.end();
        return settle();
      case 'proceed':
        return this.#proceed(each.name);
      case 'use': {
        this.#ask((options) => rig.pool.get(each.name, options), 60_000);
        await this.#proceed(each.name);
        await this.#perform({ do: 'call', name: each.name });
        return settle();
      }
      case 'lose':
        session(rig, each.name)?.lost(new ConnectionError('PROCESS_EXITED', 'it is gone'));
        return settle();
      case 'failProbe':
        session(rig, each.name)?.failProbe();
        return settle();
      case 'holdEnd': {
        const newest = session(rig, each.name);
        if (newest !== undefined) newest.holdsEnd = true;
        return;
      }
      case 'letEnd':
        return this.#letEnd();
      case 'wake':
        for (const each of NAMES) rig.pool.peek(each)?.actor.send({ type: 'system.woke', random: 0.5 });
        return settle();
      case 'advance':
        // What does not end within its limit is given up, and then holds no place.
        if (each.by > 1_100) await this.#letEnd();
        await rig.clock.advance(each.by);
        return this.#letEnd();
      case 'settle':
        return settle();
    }
  }

  #leave(each: string, leave: () => Promise<unknown>): void {
    this.#leaving.add(each);
    leave()
      .catch(() => {})
      .finally(() => this.#leaving.delete(each));
  }

  #ask(
    ask: (options: { signal: AbortSignal; timeout: number }) => Promise<ConnectionManager>,
    timeout: number,
  ): void {
    const controller = new AbortController();
    const asked = ask({ signal: controller.signal, timeout });
    asked.then(
      ({ name: each, silence, state }) => {
        // One that was lost in the same moment was alive when that was decided.
        const isStale = silence === null || silence > FRESHNESS;
        if (isStale && state.status === 'connected') this.#stale.push([each, silence]);
      },
      () => {},
    );
    const watched = new Watched(asked);
    this.#gets.push({ watched, controller, deadline: this.rig.clock.now() + timeout });
  }

  /** Whatever a well-behaved server does next. */
  async #proceed(each: string): Promise<void> {
    await settle();
    const newest = session(this.rig, each);
    if (newest === undefined) return;
    newest.opened();
    newest.answered();
    newest.completed();
    await settle();
    if (newest.probes.length > 0) newest.answerProbe();
    await settle();
  }

  async #letEnd(): Promise<void> {
    for (const each of NAMES) {
      for (const left of this.rig.sessions(each)) {
        left.holdsEnd = false;
        left.drained();
        if (left.isClosing) left.finishClosing();
      }
    }
    await settle();
  }

  /** The pool can be ended, whatever happened to it; then nothing is left, and nothing begins any more. */
  async #end(): Promise<void> {
    for (const each of NAMES) this.#leaving.add(each);
    const { rig } = this;
    const drained = new Watched(rig.pool.drain());
    await settle();
    for (const { watched } of this.#gets) expect(watched.isPending).toBe(false);
    for (const call of this.#calls) call.end();
    await settle();
    await this.#letEnd();
    const sessions = count(rig);
    await rig.clock.advance(120_000);
    await this.#letEnd();
    await rig.clock.advance(120_000);
    expect(drained.isPending).toBe(false);
    expect(count(rig)).toBe(sessions);
    expect(rig.live).toEqual([]);
    expect(rig.clock.delays).toEqual([]);
    const { gets, total } = rig.pool.stats;
    expect([total, gets.waiting]).toEqual([0, 0]);
    for (const { watched, controller } of this.#gets) {
      if (watched.seen === null || 'value' in watched.seen) continue;
      const { error } = watched.seen;
      // Every get that failed says why, or was given up by its caller.
      expect(isLifelineError(error) || error === controller.signal.reason).toBe(true);
    }
  }
}

function session(rig: PoolRig, each: string): PooledSession | undefined {
  return rig.sessions(each).at(-1);
}

function count(rig: PoolRig): number {
  return NAMES.reduce((sum, each) => sum + rig.sessions(each).length, 0);
}

function pick<Value>(values: readonly Value[], index: number): Value | undefined {
  return values.length === 0 ? undefined : values[index % values.length];
}

/** Everything holds that always holds. */
export function poolAlways() {
  return fc.asyncProperty(fc.array(command, { maxLength: 60, size: 'max' }), async (commands) => {
    await new WatchedPool().run(commands);
  });
}

/** A server that is asked again and again, by gets and in the background, and answers or does not. */
export function poolCounts() {
  const THRESHOLD = 3;
  const probes = fc.array(fc.record({ by: fc.constantFrom('get', 'background'), isAnswered: fc.boolean() }), {
    maxLength: 25,
  });
  return fc.asyncProperty(probes, async (steps) => {
    const healthCheck = { interval: 30_000, failureThreshold: THRESHOLD, confirmAfter: 1_000 };
    const rig = new PoolRig({ freshness: FRESHNESS, healthCheck });
    const manager = await rig.up('a');
    let failures = 0;
    let sessions = 1;
    for (const { by, isAnswered } of steps) {
      if (by === 'get') {
        if (failures === 0) await rig.clock.advance(FRESHNESS + 1);
        rig.get('a');
        await settle();
      }
      // After a failure the next probe comes by itself, whoever waits for it.
      if (failures > 0) await rig.clock.advance(1_000);
      else if (by === 'background') await rig.clock.advance(30_000);
      if (isAnswered) rig.session('a').answerProbe();
      else rig.session('a').failProbe();
      await settle();
      failures = isAnswered ? 0 : failures + 1;
      if (failures === THRESHOLD) {
        // At once where it was stable, and else under the backoff.
        while (rig.sessions('a').length === sessions) await rig.clock.advance(100);
        await rig.finish('a');
        failures = 0;
        sessions += 1;
      }
      expect(rig.sessions('a')).toHaveLength(sessions);
      expect(manager.state.status).toBe('connected');
    }
    await rig.pool[Symbol.asyncDispose]();
    expect(rig.clock.delays).toEqual([]);
  });
}

/** What happens to one server changes nothing for the others. */
export function poolApart() {
  const troubled = fc.array(command, { maxLength: 20 });
  return fc.asyncProperty(troubled, async (commands) => {
    const rig = new PoolRig({ servers: { quiet: {}, a: {} }, freshness: 'unlimited', healthCheck: false });
    const manager = await rig.up('quiet');
    const changes: unknown[] = [];
    manager.on('state', (change) => changes.push(change));
    for (const each of commands) {
      if (each.do === 'get') rig.get('a', 'timeout' in each ? { timeout: each.timeout } : {});
      else if (each.do === 'lose') session(rig, 'a')?.lost(new ConnectionError('PROCESS_EXITED', 'gone'));
      else if (each.do === 'proceed' && rig.sessions('a').length > 0) await rig.finish('a');
      else if (each.do === 'remove') void rig.pool.remove('a').catch(() => {});
      else if (each.do === 'advance') await rig.clock.advance(each.by);
      else await settle();
      const wanted = rig.get('quiet');
      await settle();
      expect(wanted.value).toBe(manager);
    }
    expect(changes).toEqual([]);
    expect(rig.sessions('quiet')).toHaveLength(1);
    await rig.pool[Symbol.asyncDispose]();
  });
}
