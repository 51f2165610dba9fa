/** The same paths, taken by a real entry of a pool and its real connection over scripted sessions. */
import { expect, test } from 'vitest';
import type { AnyEventObject } from 'xstate';
import { poolEntryMachine } from '../../../machines/index.js';
import { ConnectionManager } from '../../../src/connection/ConnectionManager.js';
import { ConnectionError, PoolError } from '../../../src/errors.js';
import {
  actorDoneEventType,
  actorErrorEventType,
  describePath,
  edgeCoveringPaths,
  formatCoverage,
  type MachinePath,
  watchCoverage,
} from '../../../src/graph/index.js';
import { PoolEntry, type PoolEntryOptions } from '../../../src/pool/PoolEntry.js';
import { SteppingClock, settle } from '../../../src/testing/steppingClock.js';
import { longCall, PooledSession } from '../../rigs/poolRig.js';
import { fireTimer, isTimeout } from '../timers.js';
import { POLICIES, type PolicyName, reportedGraph, UNUSED } from './fixtures.js';

const paths = edgeCoveringPaths(reportedGraph, { cover: 'values' });

type Inspect = ReturnType<typeof watchCoverage>['inspect'];

/** What the real connection and the real actors never bring about, and why. */
const IMPOSSIBLE = {
  'present: error connection #0 -> retiring':
    'the actor only subscribes, and there is nothing that could throw',
  'present.held.link.checking: error check #0 -> present.held.link.recovering':
    'a check has no error but that there is no session, which the connection reports before',
  'present.held.use.reviewing: error review #0 -> present.held.use.resting': 'it only reads numbers',
};

class Subject {
  readonly clock = new SteppingClock();
  readonly sessions: PooledSession[] = [];
  readonly manager: ConnectionManager;
  readonly options: PoolEntryOptions;
  readonly entry: PoolEntry;
  readonly #waiting: AbortController[] = [];
  readonly #admissions: { enter(): void; refuse(error: Error): void }[] = [];
  #call: ReturnType<typeof longCall> | null = null;
  #isResting = false;
  #restingSince = 0;

  constructor(input: PolicyName, inspect: Inspect) {
    this.manager = new ConnectionManager({
      name: 'walked',
      server: { command: 'never started' },
      clock: this.clock,
      random: () => 0.5,
      healthCheck: { interval: 1_000_003, failureThreshold: 100, confirmAfter: 1_009 },
      retryPolicy: { minDelay: 107 },
      createSession: (epoch) => {
        const session = new PooledSession(epoch, this.clock);
        this.sessions.push(session);
        return session;
      },
    });
    this.options = {
      name: 'walked',
      manager: this.manager,
      policy: POLICIES[input],
      clock: this.clock,
      random: () => 0.5,
      inspect,
      admit: () =>
        new Promise((resolve, reject) => this.#admissions.push({ enter: resolve, refuse: reject })),
      changed: ({ actor }) => {
        const isResting = actor.getSnapshot().matches({ present: { held: { use: 'resting' } } });
        if (isResting && !this.#isResting) this.#restingSince = this.clock.now();
        this.#isResting = isResting;
      },
    };
    this.entry = new PoolEntry(this.options);
  }

  get session(): PooledSession {
    const session = this.sessions.at(-1);
    if (session === undefined) throw new Error('no session was made');
    return session;
  }

  /** Nobody waits any more, and the looks that come too early are over: the next one finds it unused. */
  async comeToDisuse(timeout: AnyEventObject): Promise<void> {
    this.#giveUp();
    const { actor, usage } = this.entry;
    const unusedAtNextLook = () =>
      this.#restingSince + actor.getSnapshot().context.reviewDelay - usage.usedAt;
    while (unusedAtNextLook() < UNUSED) {
      fireTimer(actor, this.clock, timeout.type);
      await settle();
    }
  }

  /** Makes the event of a path happen, in the world around the entry. */
  take(event: AnyEventObject, next: AnyEventObject | undefined): Promise<void> | undefined {
    const { manager, entry } = this;
    const happenings: { [type: string]: () => Promise<void> | undefined | void } = {
      'entry.want': () => {
        if (event.silence > 503) this.clock.skip(event.silence);
        else if (this.sessions.length > 0) this.session.heard();
        this.#wait((signal) => entry.want(signal));
      },
      'entry.restart': () => this.#wait((signal) => entry.restart(signal)),
      'entry.abandon': () => this.#giveUp(),
      'entry.retire': () => {
        this.#holdEnds();
        entry.retire().catch(() => {});
      },
      'connection.opening': () => this.#open(),
      'connection.opened': async () => {
        await this.#comeToConnect();
        this.session.opened();
        this.session.answered();
        this.session.completed();
        await settle();
        this.session.answerProbe();
      },
      'connection.proved': () => {
        this.clock.fire(1_009);
        this.session.answerProbe();
      },
      'connection.challenged': async () => {
        if (manager.state.status !== 'authorizing') return this.#lose('AUTHORIZATION_REQUIRED');
        manager.authorize('code').catch(() => {});
        await settle();
        this.sessions.findLast(({ codes }) => codes.length > 0)?.authorizationRefused(new Error('refused'));
      },
      'connection.failed': () => this.#lose('SPAWN_FAILED'),
      'connection.leaving': () => {
        const leave = () => {
          this.#holdEnds();
          manager.disconnect().catch(() => {});
        };
        return manager.state.status === 'connected' ? leave() : this.#comeToConnect().then(leave);
      },
      'connection.left': async () => {
        if (this.#isOnItsWay()) await this.#lose('PROCESS_EXITED');
        manager.disconnect().catch(() => {});
        this.#letEnd();
      },
      'connection.ended': async () => {
        if (this.#isOnItsWay()) await this.#lose('PROCESS_EXITED');
        void manager.terminate();
        this.#letEnd();
      },
      [actorDoneEventType('admit')]: () => this.#admissions.at(-1)?.enter(),
      [actorErrorEventType('admit')]: () =>
        this.#admissions.at(-1)?.refuse(new PoolError('POOL_FULL', 'full')),
      [actorDoneEventType('check')]: () =>
        event.output.isAlive ? this.session.answerProbe() : this.session.failProbe(),
      [actorDoneEventType('retire')]: () => this.#letEnd(),
      // It came by itself.
      [actorDoneEventType('review')]: () => this.#call?.end(),
    };
    const happen = happenings[event.type];
    if (isTimeout(event)) {
      // Somebody uses it where the review is to find it used.
      if (next?.output?.unusedFor === 0) this.#call = longCall(manager);
      else this.#holdEnds();
      fireTimer(entry.actor, this.clock, event.type);
      return undefined;
    }
    if (happen === undefined) throw new Error(`no way to make '${event.type}' happen`);
    return happen() ?? undefined;
  }

  async leave(): Promise<void> {
    this.#call?.end();
    this.#giveUp();
    this.entry.retire().catch(() => {});
    await settle();
    this.#letEnd();
    await settle();
  }

  #wait(ask: (signal: AbortSignal) => Promise<unknown>): void {
    const waiting = new AbortController();
    this.#waiting.push(waiting);
    ask(waiting.signal).catch(() => {});
  }

  #giveUp(): void {
    for (const waiting of this.#waiting) waiting.abort();
  }

  #isOnItsWay(): boolean {
    return ['connecting', 'reconnecting'].includes(this.manager.state.status);
  }

  async #open(): Promise<void> {
    const { status } = this.manager.state;
    if (status === 'connected' || status === 'connecting') {
      this.session.lost(new ConnectionError('PROCESS_EXITED', 'it is gone'));
      return;
    }
    this.manager.connect().catch(() => {});
    this.#letEnd();
  }

  /** Up to an attempt under way, or a session that is open. */
  async #comeToConnect(): Promise<void> {
    this.#letEnd();
    await settle();
    if (this.manager.state.status === 'reconnecting') this.clock.step();
    await settle();
  }

  async #lose(code: 'PROCESS_EXITED' | 'SPAWN_FAILED' | 'AUTHORIZATION_REQUIRED'): Promise<void> {
    await this.#comeToConnect();
    this.session.lost(new ConnectionError(code, 'it is gone'));
    await settle();
  }

  #holdEnds(): void {
    for (const session of this.sessions) session.holdsEnd = true;
  }

  #letEnd(): void {
    for (const session of this.sessions) {
      session.holdsEnd = false;
      session.drained();
      if (session.isClosing) session.finishClosing();
    }
  }
}

/** Whether what is under way there ends by itself, as soon as anything can settle. */
function isFleeting(value: unknown, { manager }: Subject): boolean {
  if (JSON.stringify(value).includes('"use":"reviewing"')) return true;
  return value === 'retiring' && manager.state.status === 'terminated';
}

async function walk(path: MachinePath<typeof poolEntryMachine>, inspect: Inspect): Promise<void> {
  const subject = new Subject(path.input as PolicyName, inspect);
  for (const [index, { event, stateValue }] of path.steps.entries()) {
    const next = path.steps[index + 1];
    const story = `${describePath(path)}\nstep ${index + 1}`;
    if (isTimeout(event) && next?.event.output?.unusedFor === UNUSED) await subject.comeToDisuse(event);
    // What is fleeting would be over after an await.
    const happened = subject.take(event, next?.event);
    if (happened !== undefined) await happened;
    const { actor } = subject.entry;
    if (isFleeting(stateValue, subject)) {
      expect(actor.getSnapshot().value, story).toEqual(stateValue);
      // What comes by itself is waited for; everything else comes before it.
      if (next === undefined || !next.event.type.startsWith('xstate.done')) continue;
    }
    await settle();
    if (next?.event.type.startsWith('xstate.done.actor.review')) continue;
    if (isFleeting(stateValue, subject)) continue;
    expect(actor.getSnapshot().value, story).toEqual(stateValue);
  }
  await subject.leave();
  expect(subject.clock.delays, `timers left after: ${describePath(path)}`).toEqual([]);
  expect(
    subject.sessions.filter(({ isLive }) => isLive),
    describePath(path),
  ).toEqual([]);
}

test('on every path the entry does what the chart says, and can be ended', async () => {
  const watch = watchCoverage(poolEntryMachine);
  for (const path of paths) await walk(path, watch.inspect);
  await cannotBeEnded(watch.inspect);
  await comesConnected(watch.inspect);
  const report = watch.report(paths.length);
  console.log(`entry, by a connection: ${formatCoverage(report)}`);
  expect(report.states.missing).toEqual([]);
  expect(report.transitions.missing.sort()).toEqual(Object.keys(IMPOSSIBLE).sort());
});

/** The way there matters: only a session that was open can fail to end. */
async function cannotBeEnded(inspect: Inspect): Promise<void> {
  const subject = new Subject('normal', inspect);
  for (const type of ['entry.want', actorDoneEventType('admit'), 'connection.opened', 'entry.retire']) {
    await subject.take({ type, silence: 0 }, undefined);
    await settle();
  }
  subject.session.drained();
  await settle();
  subject.session.failClosing(new Error('it would not end'));
  expect(await subject.entry.gone).toMatchObject({ code: 'RELEASE_FAILED' });
}

/** One of somebody's own, that is put into the pool as it is. */
async function comesConnected(inspect: Inspect): Promise<void> {
  const subject = new Subject('normal', inspect);
  for (const type of ['connection.opening', 'connection.opened']) {
    await subject.take({ type }, undefined);
    await settle();
  }
  const entry = new PoolEntry(subject.options);
  expect(entry.actor.getSnapshot().matches({ present: { held: { link: 'ready' } } })).toBe(true);
  await subject.leave();
  expect(await entry.gone).toBeNull();
}
