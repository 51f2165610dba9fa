import { type Clock, systemClock } from '../../clock.js';
import { checkFields, isObject } from '../../connection/checks.js';
import { ConfigError } from '../../errors.js';
import { describeFault } from './describeFault.js';
import { DueFaults } from './dueFaults.js';
import type { Direction, FaultPlan, HappenedFault, TransportFault } from './faults.types.js';
import { garbled } from './garbled.js';
import { MethodBook } from './methodBook.js';
import { readFaultPlan } from './readFaultPlan.js';
import { type SeededPlanOptions, seededFaultPlan } from './seededFaultPlan.js';
import type { TransportShape } from './transportShape.js';

export interface FaultyTransportOptions {
  /** What goes wrong. Default: nothing. */
  plan?: FaultPlan | undefined;
  /** In place of a plan: that of `seededFaultPlan`. A number is the seed alone. */
  seed?: number | SeededPlanOptions | undefined;
  /** Delays go by it. Default: the clock of the process. */
  clock?: Clock | undefined;
  /** Told of each fault when it happens, before anything comes of it. It must not throw. */
  onfault?: ((happened: HappenedFault) => void) | undefined;
}

/** A fault of a `FaultyTransport`, where an error comes of it. */
export class TransportFaultError extends Error {
  /** Stable. */
  readonly code = 'TRANSPORT_FAULT';
  readonly fault: TransportFault;

  constructor(fault: TransportFault) {
    super(`as planned: ${describeFault(fault)}`);
    this.name = 'TransportFaultError';
    this.fault = fault;
  }
}

/**
 * A transport over another one, of either line of the SDK, to whose messages happens what a plan says. Without a
 * plan it is as good as the other. Wrap a client's transport or a server's; each attempt to connect needs a new one,
 * as with any transport.
 *
 * The other transport is the faulty one's from now on: its listeners are taken over. What only it has, such as
 * `finishAuth`, is at `inner`.
 */
export class FaultyTransport<Inner extends TransportShape = TransportShape> implements TransportShape {
  onclose?: (() => void) | undefined;
  onerror?: ((error: Error) => void) | undefined;
  onmessage?: ((message: unknown, extra?: unknown) => void) | undefined;
  /** Whether each request has a stream of its own, where the inner transport knows. */
  readonly hasPerRequestStream?: boolean;
  readonly inner: Inner;
  /** Also where a seed stands for it: given as `plan`, it does the same again. */
  readonly plan: FaultPlan;
  /** The faults that messages had, oldest first. */
  readonly happened: HappenedFault[] = [];
  readonly #clock: Clock;
  readonly #onfault: (happened: HappenedFault) => void;
  readonly #due: DueFaults;
  readonly #methods = new MethodBook();
  readonly #messages = { sent: 0, received: 0 };
  readonly #timers = new Set<unknown>();
  #isHanging = false;

  /** @throws ConfigError when the plan or the seed cannot work, when there are both, and for an option that nobody knows */
  constructor(inner: Inner, options: FaultyTransportOptions = {}) {
    checkFields('', options, OPTIONS);
    const { clock = systemClock, onfault = () => {} } = options;
    this.inner = inner;
    this.plan = planOf(options);
    this.#clock = clock;
    this.#onfault = onfault;
    this.#due = new DueFaults(this.plan);
    if (inner.hasPerRequestStream !== undefined) this.hasPerRequestStream = inner.hasPerRequestStream;
    this.onclose = inner.onclose;
    this.onerror = inner.onerror;
    this.onmessage = inner.onmessage;
    inner.onclose = () => {
      this.#dropDelayed();
      this.#isHanging = false;
      this.onclose?.();
    };
    inner.onerror = (error) => this.onerror?.(error);
    inner.onmessage = (message, extra) => this.#receive(message, extra);
  }

  /** From a `hang` on, until it is closed. */
  get isHanging(): boolean {
    return this.#isHanging;
  }

  get sessionId(): string | undefined {
    return this.inner.sessionId;
  }

  set sessionId(sessionId: string | undefined) {
    this.inner.sessionId = sessionId;
  }

  setProtocolVersion(version: string): void {
    this.inner.setProtocolVersion?.(version);
  }

  setSupportedProtocolVersions(versions: string[]): void {
    this.inner.setSupportedProtocolVersions?.(versions);
  }

  start(): Promise<void> {
    return this.inner.start();
  }

  /** What is still delayed is lost. */
  async close(): Promise<void> {
    this.#dropDelayed();
    await this.inner.close();
    this.#isHanging = false;
  }

  /**
   * Sends a message, or does with it what the plan says. Resolves at once where it is dropped, delayed or swallowed;
   * that a delayed one could not be sent is told to `onerror`.
   *
   * @throws TransportFaultError where a fault is to reject or to close
   */
  async send(message: unknown, options?: unknown): Promise<void> {
    if (this.#isHanging) return;
    const fault = this.#next('sent', message);
    const pass = async (sent: unknown) => this.inner.send(sent, options);
    switch (fault?.do) {
      case undefined:
        return pass(message);
      case 'delay':
        this.#later(fault.by, () => {
          pass(message).catch((error: unknown) => this.onerror?.(asError(error)));
        });
        return;
      case 'duplicate':
        // At once, so that nothing else comes between them.
        await Promise.all(Array.from({ length: 1 + (fault.copies ?? 1) }, () => pass(message)));
        return;
      case 'garble':
        return pass(garbled(message, fault.how ?? 'text'));
      case 'fail':
        throw new TransportFaultError(fault);
      case 'hang':
        this.#isHanging = true;
        return;
      case 'close':
        await this.close();
        throw new TransportFaultError(fault);
    }
  }

  #receive(message: unknown, extra?: unknown): void {
    if (this.#isHanging) return;
    const fault = this.#next('received', message);
    const pass = (received: unknown) => this.onmessage?.(received, extra);
    switch (fault?.do) {
      case undefined:
        pass(message);
        return;
      case 'delay':
        this.#later(fault.by, () => pass(message));
        return;
      case 'duplicate':
        for (let copy = 0; copy <= (fault.copies ?? 1); copy += 1) pass(message);
        return;
      case 'garble':
        // A transport delivers no text that it cannot read.
        if ((fault.how ?? 'text') === 'text') this.onerror?.(new TransportFaultError(fault));
        else pass(garbled(message, fault.how ?? 'text'));
        return;
      case 'fail':
        this.onerror?.(new TransportFaultError(fault));
        return;
      case 'hang':
        this.#isHanging = true;
        return;
      case 'close':
        this.close().catch((error: unknown) => this.onerror?.(asError(error)));
    }
  }

  #next(on: Direction, message: unknown): TransportFault | undefined {
    this.#messages[on] += 1;
    const method = this.#methods.methodOf(message, on);
    const fault = this.#due.next(on, method);
    if (fault === undefined) return undefined;
    const happened = { fault, message: this.#messages[on], method };
    this.happened.push(happened);
    this.#onfault(happened);
    return fault;
  }

  #later(delay: number, arrive: () => void): void {
    const timer = this.#clock.setTimeout(() => {
      this.#timers.delete(timer);
      if (!this.#isHanging) arrive();
    }, delay);
    this.#timers.add(timer);
  }

  #dropDelayed(): void {
    for (const timer of this.#timers) this.#clock.clearTimeout(timer);
    this.#timers.clear();
  }
}

const OPTIONS: { readonly [option in keyof Required<FaultyTransportOptions>]: true } = {
  plan: true,
  seed: true,
  clock: true,
  onfault: true,
};

function planOf({ plan, seed }: FaultyTransportOptions): FaultPlan {
  if (plan !== undefined && seed !== undefined)
    throw new ConfigError('seed', 'also a plan', 'either a plan or a seed');
  if (seed !== undefined) return seededFaultPlan(isObject(seed) ? seed : { seed });
  return readFaultPlan(plan ?? []);
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
