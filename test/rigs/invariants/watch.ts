import type { InspectionEvent } from 'xstate';
import { isMachineSnapshot } from 'xstate';
import type { ConnectionSnapshot } from '../../../src/connection/state.js';
import { settle } from '../../../src/testing/steppingClock.js';
import { type Command, LossCause, perform } from '../commands.js';
import { ConnectionRig, type RigOptions } from '../connectionRig.js';
import {
  attempts,
  delays,
  ends,
  handshakes,
  isJson,
  losses,
  retryTimeout,
  routes,
  stability,
} from './chartRules.js';
import { aborts, causes, closedMeansClosed, listeners, oneOutcome, promises } from './promiseRules.js';
import type { Rule } from './rule.js';
import { probes, sessions, thresholds, turns } from './sessionRules.js';
import { limits, timers } from './timeRules.js';

/** How the sessions behave when the connection is ended. */
export type Ending = 'clean' | 'never closing' | 'stopped';

/** Timers in a row after which an ending counts as none. */
const MOST_STEPS_TO_END = 20;

/** A rig under watch: runs commands, and after each of them everything must hold that always holds. */
export class Watch {
  readonly rig: ConnectionRig;
  readonly #rules: readonly Rule[];
  readonly #broken: string[] = [];
  readonly #told: Command[] = [];
  #seen: ConnectionSnapshot | null = null;
  #lastLoss: LossCause | null = null;

  constructor(options: RigOptions = {}) {
    const threshold = thresholds();
    this.#rules = [
      ends,
      isJson,
      attempts(),
      retryTimeout(),
      delays,
      handshakes,
      losses,
      routes,
      stability(),
      limits(),
      timers,
      sessions,
      probes,
      threshold,
      turns,
      promises,
      listeners,
      oneOutcome(),
      closedMeansClosed(),
      causes(() => this.#lastLoss),
      aborts(),
    ];
    this.rig = new ConnectionRig(options);
    const { actor } = this.rig.manager;
    this.#seen = actor.getSnapshot();
    actor.on('probe.answered', () => threshold.passed());
    actor.on('probe.unanswered', ({ isAlive }) => {
      if (!isAlive) return threshold.failed();
      threshold.passed();
      if (this.rig.session?.watchedProbes.at(-1)?.isHeard !== true) {
        this.#broken.push('late, and nothing was heard');
      }
    });
    actor.system.inspect((event) => this.#inspected(event));
  }

  /** Commands that were executed so far, but for those that only let everything settle. */
  get steps(): number {
    return this.#told.filter((command) => command.do !== 'settle').length;
  }

  get snapshot(): ConnectionSnapshot {
    return this.rig.manager.actor.getSnapshot();
  }

  /** @throws Error naming what does not hold, and everything that was done until then */
  async run(commands: readonly Command[]): Promise<void> {
    for (const command of commands) {
      const isSettling = command.do === 'settle' || command.do === 'advance';
      const waiting = this.#perform(command);
      if (waiting !== undefined) await waiting;
      this.#check('stepped');
      if (isSettling) this.#check('settled');
      this.#throwIfBroken();
    }
  }

  /**
   * Sees that everything holds, after something that no command did.
   *
   * @throws Error naming what does not
   */
  async verify(): Promise<void> {
    this.#check('stepped');
    await settle();
    this.#check('settled');
    this.#throwIfBroken();
  }

  /** Terminates the connection, however long its sessions take, and sees that nothing is left. */
  async end(ending: Ending): Promise<void> {
    const { rig } = this;
    if (ending === 'stopped') return this.#stop();
    await this.run([{ do: 'terminate' }, { do: 'settle' }]);
    for (let steps = 0; this.snapshot.status === 'active'; steps += 1) {
      if (steps > MOST_STEPS_TO_END) this.#broken.push('terminate does not lead to the end');
      this.#throwIfBroken();
      for (const [index] of rig.sessions.entries()) {
        if (ending === 'clean') {
          await this.run([
            { do: 'drained', session: index },
            { do: 'finishClosing', session: index },
          ]);
        }
      }
      await this.run([{ do: 'settle' }]);
      if (this.snapshot.status === 'active') await this.run([{ do: 'step' }, { do: 'settle' }]);
    }
    const left = rig.pendingPromises.map(({ asked, number }) => `${asked} #${number}`);
    if (left.length > 0) this.#broken.push(`promises left at the end: ${left.join(', ')}`);
    if (rig.clock.delays.length > 0)
      this.#broken.push(`timers left at the end: ${rig.clock.delays.join(', ')}`);
    this.#throwIfBroken();
    await this.#staysEnded();
  }

  /** Somebody stopped the chart itself, and with it all that belongs to it. */
  async #stop(): Promise<void> {
    const { rig } = this;
    rig.manager.actor.stop();
    await settle();
    for (const { epoch, closes } of rig.sessions) {
      if (closes === 0) this.#broken.push(`the chart was stopped, and session ${epoch} is not closed`);
    }
    const waiting = rig.pendingPromises.filter(({ hasTimeout }) => hasTimeout).length;
    const { delays } = rig.clock;
    if (delays.length > waiting)
      this.#broken.push(`the chart was stopped, and timers run: ${delays.join(', ')}`);
    if (rig.gate !== null && rig.gate.entered > rig.gate.left) this.#broken.push('a turn was kept');
    this.#throwIfBroken();
  }

  /** The end is absorbing: nobody gets anything more of it, and no session opens. */
  async #staysEnded(): Promise<void> {
    const { rig } = this;
    const [sessionsBefore, before] = [rig.sessions.length, this.snapshot];
    const asked = ['connect', 'reconnect', 'checkHealth', 'authorize', 'disconnect', 'terminate'] as const;
    await this.run(asked.map((command) => ({ do: command })));
    await this.run([{ do: 'wake', random: 0.5 }, { do: 'step' }, { do: 'settle' }]);
    if (rig.sessions.length !== sessionsBefore) this.#broken.push('a session was opened after the end');
    if (this.snapshot !== before) this.#broken.push('the chart moved after the end');
    if (rig.manager.state.status !== 'terminated')
      this.#broken.push(`it ended as ${rig.manager.state.status}`);
    if (rig.pendingPromises.length > 0) this.#broken.push('a promise given after the end is not settled');
    this.#throwIfBroken();
  }

  #perform(command: Command): Promise<void> | undefined {
    const { rig } = this;
    this.#told.push(command);
    if (command.do === 'fire' || command.do === 'after') {
      const waiting = perform(rig, command);
      for (const rule of this.#rules) rule.disturbed?.(rig.clock.now());
      return waiting;
    }
    const session = 'session' in command ? rig.sessions.at(-1 - command.session) : undefined;
    if (session === undefined) return perform(rig, command);
    const isOver = session.closes > 0 || session.reports.includes('lost');
    const before = { snapshot: this.snapshot, stats: JSON.stringify(rig.manager.stats) };
    const waiting = perform(rig, command);
    const hasMoved = before.snapshot !== this.snapshot;
    if (isOver && (hasMoved || before.stats !== JSON.stringify(rig.manager.stats))) {
      this.#broken.push(`${command.do} of session ${session.epoch}, which is over, changed something`);
    }
    if (!isOver && command.do === 'lost') {
      const cause = session.loss?.cause;
      this.#lastLoss = cause instanceof LossCause ? cause : null;
      if (!hasMoved) this.#broken.push(`nobody took notice that session ${session.epoch} was lost`);
    }
    return waiting;
  }

  #inspected(event: InspectionEvent): void {
    const { actor } = this.rig.manager;
    if (event.type !== '@xstate.snapshot' || event.actorRef !== actor) return;
    if (!isMachineSnapshot(event.snapshot)) return;
    const [before, after] = [this.#seen, actor.getSnapshot()];
    if (before === null || before === after) return;
    this.#seen = after;
    const { type } = event.event;
    const transition = { event: type, payload: event.event, before, after, at: this.rig.clock.now() };
    for (const rule of this.#rules) this.#broken.push(...(rule.moved?.(transition, this.rig) ?? []));
  }

  #check(when: 'stepped' | 'settled'): void {
    for (const rule of this.#rules) this.#broken.push(...(rule[when]?.(this.rig, this.snapshot) ?? []));
  }

  #throwIfBroken(): void {
    if (this.#broken.length === 0) return;
    throw new Error(
      `${this.#broken.join('\n')}\nafter:\n${this.#told.map((command) => JSON.stringify(command)).join('\n')}`,
    );
  }
}

/** Runs the story to its end and beyond, and returns what could be seen of it. */
export async function tell(
  story: readonly Command[],
  options: RigOptions,
  ending: Ending = 'clean',
): Promise<Watch> {
  const watch = new Watch(options);
  await watch.run(story);
  await settle();
  await watch.end(ending);
  return watch;
}
