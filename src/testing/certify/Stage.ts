import type { InvariantId } from '../model/invariants.js';
import { type Asked, type AskedCall, follow } from './Asked.js';
import type { Subject } from './adapter.types.js';
import { AdapterError, kindOf } from './checkAdapter.js';
import { messageOf, type Patience } from './Patience.js';
import { Violation } from './StoryFailure.js';
import { TOOL } from './server/answers.js';
import type { HttpServer } from './server/HttpServer.js';
import type { StdioServer } from './server/StdioServer.js';

/** Between two tries of something that has to work in the end. */
const TRY_EVERY = 40;

/** Who takes part in one story, and what was asked in it so far. */
export class Stage {
  readonly server: StdioServer | HttpServer;
  readonly subject: Subject;
  readonly patience: Patience;
  readonly connects: Asked[] = [];
  readonly calls: AskedCall[] = [];
  /** What listeners know: what they were told last, or what it was when they came. Undefined where none can be. */
  told: string | undefined;
  /** Calls that the server may keep waiting. */
  readonly #kept = new Set<AskedCall>();
  #closes = 0;

  constructor(server: StdioServer | HttpServer, subject: Subject, patience: Patience) {
    this.server = server;
    this.subject = subject;
    this.patience = patience;
    if (subject.onChange === undefined) return;
    this.told = this.said;
    try {
      subject.onChange((state) => {
        this.told = state;
      });
    } catch (cause) {
      throw new AdapterError(`the subject: onChange threw ${messageOf(cause)}`, { cause });
    }
  }

  /**
   * What the subject says that its state is; undefined where it says nothing.
   *
   * @throws AdapterError when that is no word
   */
  get said(): string | undefined {
    if (this.subject.state === undefined) return undefined;
    let said: unknown;
    try {
      said = this.subject.state();
    } catch (cause) {
      throw new AdapterError(`the subject: state() threw ${messageOf(cause)}`, { cause });
    }
    if (typeof said === 'string') return said;
    throw new AdapterError(`the subject: state(): found ${kindOf(said)}, expected a text`);
  }

  connect(): Asked {
    const name = `connect ${this.connects.length + 1}`;
    const asked = follow(name, () => this.subject.connect(this.server.toConnect), {});
    this.connects.push(asked);
    return asked;
  }

  call({ held = false, repeatable = false } = {}): AskedCall {
    const number = this.calls.length + 1;
    // Keys are no parts of each other: an answer is looked through for them.
    const key = `key-${number}-of-this-story`;
    if (held) this.server.holdCall(key);
    const ask = () => this.subject.call(TOOL, { key }, { repeatable });
    const asked = follow(`call ${number}`, ask, { key, repeatable });
    this.calls.push(asked);
    if (held) this.#kept.add(asked);
    return asked;
  }

  close(): Asked {
    this.#closes += 1;
    return follow(`close ${this.#closes}`, () => this.subject.close(), {});
  }

  /** Calls that wait because the server keeps them waiting. */
  isKept(call: AskedCall): boolean {
    return this.#kept.has(call);
  }

  /** Nothing is kept waiting any more: what was asked has to settle. */
  keepNone(): void {
    this.#kept.clear();
  }

  /** @throws Violation when it does not settle */
  async settle(id: InvariantId, asked: Asked): Promise<NonNullable<Asked['outcome']>> {
    await this.patience.for(asked.settled);
    if (asked.outcome === undefined) {
      throw new Violation(id, `${asked.name} neither resolved nor rejected within ${this.patience.limit} ms`);
    }
    return asked.outcome;
  }

  /** @throws Violation unless this comes to hold */
  async expect(id: InvariantId, holds: () => boolean, seen: () => string): Promise<void> {
    const isSo = await this.patience.until(holds, (look) => this.server.onchange(look));
    if (!isSo) throw new Violation(id, `${seen()}, for ${this.patience.limit} ms`);
  }

  /** @throws Violation unless a call is answered, at once */
  async serves(asked = this.call()): Promise<void> {
    const { isDone, text } = await this.settle('call-settles', asked);
    if (!isDone) throw new Violation('call-served', `${asked.name} ${text}`);
  }

  /** @throws Violation unless a call is answered in the end. Those before it may fail. */
  async servesAgain(id: InvariantId, meanwhile: () => Promise<void> = async () => {}): Promise<void> {
    const until = performance.now() + this.patience.limit;
    let tries = 0;
    for (;;) {
      const asked = this.call();
      const { isDone, text } = await this.settle('call-settles', asked);
      tries += 1;
      if (isDone) return;
      if (performance.now() > until) {
        const said = tries === 1 ? 'the only call' : `each of ${tries} calls failed; the last`;
        throw new Violation(id, `${said} ${text}, after ${this.patience.limit} ms`);
      }
      await meanwhile();
      await this.patience.quiet(TRY_EVERY);
    }
  }
}
