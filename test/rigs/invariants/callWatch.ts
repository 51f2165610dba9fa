import { getEventListeners } from 'node:events';
import { CallError, CallRefusedError, isLifelineError } from '../../../src/errors.js';
import { settle } from '../../../src/testing/steppingClock.js';
import { type CallCommand, performCall } from '../callCommands.js';
import type { CallRig, MadeCall } from '../callRig.js';

const MOST_WAITING = 1_000;
/** A call may be what ends its sessions, however harmless it was said to be. */
const MOST_SENDINGS = 2;

/** Runs commands on calls; after each, everything must hold that always holds of calls. */
export class CallWatch {
  readonly rig: CallRig;
  readonly #broken: string[] = [];
  readonly #told: CallCommand[] = [];
  readonly #abortedWhilePending = new Set<MadeCall>();
  readonly #judged = new Set<MadeCall>();

  constructor(rig: CallRig) {
    this.rig = rig;
  }

  /** Commands that were executed so far, but for those that only let everything settle. */
  get steps(): number {
    return this.#told.filter((command) => command.do !== 'settle').length;
  }

  /** @throws Error naming what does not hold, and everything that was done until then */
  async run(commands: readonly CallCommand[]): Promise<void> {
    for (const command of commands) {
      this.#told.push(command);
      // Without an await where nothing waits: commands in a row are in one tick.
      const waiting = this.#perform(command);
      if (waiting !== undefined) await waiting;
      this.#check();
      if (command.do === 'advance') this.#checkDeadlines();
      if (command.do === 'settle' || command.do === 'advance') this.#checkSettled();
      this.#throwIfBroken();
    }
  }

  /** Ends the connection: every call must have settled, and nothing may be left. */
  async end(): Promise<void> {
    const { rig } = this;
    const ended = rig.manager.terminate().catch(() => {});
    await settle();
    while (rig.manager.state.status !== 'terminated' && rig.clock.step()) await settle();
    await ended;
    this.#check();
    const { inFlight, waiting } = rig.manager.stats.calls;
    if (rig.pending.length > 0) this.#broken.push(`left at the end: ${rig.pending.map(({ name }) => name)}`);
    if (inFlight + waiting > 0) this.#broken.push(`${inFlight} in flight and ${waiting} waiting at the end`);
    if (rig.clock.delays.length > 0)
      this.#broken.push(`timers left at the end: ${rig.clock.delays.join(', ')}`);
    for (const [index, { closes, isOpen }] of rig.transports.entries()) {
      // Twice is in order: one that was closed before it opened hears it again.
      if (closes === 0 || isOpen) this.#broken.push(`transport ${index + 1} was left and not closed`);
    }
    this.#checkCancellations();
    this.#throwIfBroken();
  }

  #perform(command: CallCommand): Promise<void> | undefined {
    const { rig } = this;
    if (command.do === 'abort') {
      const call = rig.made[command.which % rig.made.length];
      if (call?.outcome === null) this.#abortedWhilePending.add(call);
    }
    return performCall(rig, command);
  }

  /** What holds at any moment. */
  #check(): void {
    const { rig } = this;
    const { accepted, succeeded, failed, cancelled, inFlight, waiting } = rig.manager.stats.calls;
    if (accepted !== succeeded + failed + cancelled + inFlight + waiting) {
      this.#broken.push(`the books do not balance: ${JSON.stringify(rig.manager.stats.calls)}`);
    }
    if (waiting > MOST_WAITING) this.#broken.push(`${waiting} calls wait`);
    const live = rig.transports.filter(({ isOpen }) => isOpen).length;
    if (live > 1) this.#broken.push(`${live} live transports`);
    for (const call of rig.made) {
      if (call.outcome === null || this.#judged.has(call)) continue;
      this.#judged.add(call);
      this.#judge(call, call.outcome);
    }
    for (const { kind, name } of rig.made) {
      const isSafe = kind === 'harmless tool' || kind === 'read';
      const most = Math.max(rig.sendings(name), rig.sendings(`${name}/1`), rig.sendings(`${name}/2`));
      if (most > (isSafe ? MOST_SENDINGS : 1)) this.#broken.push(`${name} was sent ${most} times`);
    }
  }

  /** What holds when every timer that was due has fired. */
  #checkDeadlines(): void {
    const { clock, pending } = this.rig;
    for (const { name, deadline } of pending) {
      // A timer has a whole millisecond at least.
      if (clock.now() > deadline + 1) this.#broken.push(`${name} is pending after its deadline`);
    }
  }

  /** What holds when everything that can settle has. */
  #checkSettled(): void {
    const { rig } = this;
    for (const call of this.#abortedWhilePending) {
      if (call.outcome === null) this.#broken.push(`${call.name} was aborted and goes on`);
    }
    for (const { name, controller, outcome } of rig.made) {
      if (outcome !== null && getEventListeners(controller.signal, 'abort').length > 0)
        this.#broken.push(`${name} has settled, and somebody listens to its signal`);
    }
    const { succeeded, failed, cancelled } = rig.manager.stats.calls;
    if (rig.records.length !== succeeded + failed + cancelled) {
      this.#broken.push(`${rig.records.length} records of ${succeeded + failed + cancelled} settled calls`);
    }
  }

  #judge(call: MadeCall, outcome: NonNullable<MadeCall['outcome']>): void {
    const { name, controller } = call;
    if (call.settlements !== 1) this.#broken.push(`${name} was settled ${call.settlements} times`);
    if ('fulfilled' in outcome) {
      if (!JSON.stringify(outcome.fulfilled).includes(`"${name}`))
        this.#broken.push(`${name} got another’s answer`);
      return;
    }
    const { rejected } = outcome;
    if (controller.signal.aborted && rejected === controller.signal.reason) return;
    const sendings = this.rig.sent.filter((sent) => sent.name === name || sent.name.startsWith(`${name}/`));
    if (rejected instanceof CallError) {
      const { server, state, mayHaveExecuted } = rejected;
      if (server !== 'called' || state === '')
        this.#broken.push(`${name}: ${rejected} names no server or state`);
      if (mayHaveExecuted !== sendings.length > 0) {
        this.#broken.push(`${name}: mayHaveExecuted is ${mayHaveExecuted} after ${sendings.length} sendings`);
      }
      if (rejected instanceof CallRefusedError && mayHaveExecuted)
        this.#broken.push(`${name} was refused after it was sent`);
    } else if (isLifelineError(rejected) || !String(rejected).includes('the server’s')) {
      this.#broken.push(`${name} failed with ${String(rejected)}`);
    }
  }

  /** Only what was aborted or late is cancelled on the wire. */
  #checkCancellations(): void {
    for (const { transport, request, name } of this.rig.sent) {
      if (!transport.cancelled.includes(request.id)) continue;
      const call = this.rig.made.find((made) => name === made.name || name.startsWith(`${made.name}/`));
      if (call === undefined || call.outcome === null) continue;
      const { signal } = call.controller;
      const rejected = 'rejected' in call.outcome ? call.outcome.rejected : null;
      const isLate = rejected instanceof CallError && rejected.code === 'CALL_TIMEOUT';
      if (!signal.aborted && !isLate)
        this.#broken.push(`${name} was cancelled and came to ${JSON.stringify(call.outcome)}`);
    }
  }

  #throwIfBroken(): void {
    if (this.#broken.length === 0) return;
    throw new Error(
      `${this.#broken.join('\n')}\nafter:\n${this.#told.map((command) => JSON.stringify(command)).join('\n')}`,
    );
  }
}
