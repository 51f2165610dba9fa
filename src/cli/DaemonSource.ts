import { randomBytes } from 'node:crypto';
import type { DaemonLink } from '../daemon/client/DaemonLink.js';
import { Deadline } from '../daemon/client/Deadline.js';
import { pause } from '../daemon/client/pause.js';
import { RequestLateError } from '../daemon/client/RequestLateError.js';
import { messageOf } from '../errors.js';
import type { ActionOutcome, InspectionAction, InspectionFrame } from '../inspect/frames.types.js';
import type { InspectionFeed, InspectionSource } from '../inspect/InspectionSource.types.js';

/** Milliseconds between two looks for the next daemon: none is started for somebody who only looks. */
const LOOK_EVERY = 1_000;
/** Milliseconds between two questions to the daemon whether it lives: while nothing happens, it says nothing. */
const ASK_EVERY = 3_000;
/** Milliseconds for its answer. */
const ANSWER_WITHIN = 8_000;

/** The connections of the daemon. When it has left, the next one's, as soon as somebody has started it. */
export class DaemonSource implements InspectionSource {
  readonly #link: DaemonLink;
  readonly #over = new AbortController();

  /** @param link must start no daemon */
  constructor(link: DaemonLink) {
    this.#link = link;
  }

  open(listener: (frame: InspectionFrame) => void): InspectionFeed {
    return new DaemonFeed(this.#link, listener, this.#over.signal);
  }

  async act(
    action: InspectionAction,
    name: string,
    { signal = this.#over.signal }: { signal?: AbortSignal } = {},
  ): Promise<ActionOutcome> {
    try {
      const deadline = new Deadline(undefined, signal);
      return await this.#link.request('inspect.act', { action, server: name }, { deadline });
    } catch (error) {
      return { isDone: false, text: messageOf(error) };
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#over.abort();
    await this.#link.close();
  }
}

class DaemonFeed implements InspectionFeed {
  readonly #link: DaemonLink;
  readonly #listener: (frame: InspectionFrame) => void;
  readonly #id = randomBytes(8).toString('hex');
  readonly #closed = new AbortController();
  readonly #signal: AbortSignal;
  #focus: string | null = null;
  #isOpen = false;

  constructor(link: DaemonLink, listener: (frame: InspectionFrame) => void, over: AbortSignal) {
    this.#link = link;
    this.#listener = listener;
    this.#signal = AbortSignal.any([this.#closed.signal, over]);
    void this.#follow();
  }

  focus(name: string | null): void {
    this.#focus = name;
    if (this.#isOpen) void this.#tellFocus();
  }

  close(): void {
    this.#closed.abort();
  }

  async #follow(): Promise<void> {
    while (!this.#signal.aborted) {
      const reason = await this.#watch();
      this.#isOpen = false;
      if (this.#signal.aborted) return;
      const note = `${reason}; as soon as there is a daemon again, its connections are shown`;
      this.#listener({
        now: Date.now(),
        source: { isLive: false, note },
        isWhole: false,
        rows: [],
        gone: [],
        detail: null,
      });
      // Ends early when nobody looks any more.
      await pause(LOOK_EVERY, this.#signal).catch(() => {});
    }
  }

  /** Resolves with why it is over. */
  async #watch(): Promise<string> {
    const over = new AbortController();
    const silent = new AbortController();
    const deadline = new Deadline('unlimited', AbortSignal.any([this.#signal, silent.signal]));
    const onprogress = (frame: unknown) => {
      if (!isFrame(frame) || deadline.signal.aborted) return;
      this.#listener(frame);
      if (this.#isOpen) return;
      // A daemon that has just been found does not know what is looked at.
      this.#isOpen = true;
      if (this.#focus !== null) void this.#tellFocus();
    };
    try {
      const watch = this.#link.request('inspect.watch', { feed: this.#id }, { deadline, onprogress });
      void this.#askOn(AbortSignal.any([this.#signal, over.signal]), silent);
      await watch;
      return 'the daemon leaves';
    } catch (error) {
      return silent.signal.aborted ? 'the daemon does not answer' : messageOf(error);
    } finally {
      over.abort();
    }
  }

  /** Asks again and again whether it lives. One that is gone, its connection tells; one that is frozen, nothing else does. */
  async #askOn(signal: AbortSignal, silent: AbortController): Promise<void> {
    try {
      while (true) {
        await pause(ASK_EVERY, signal);
        await this.#link.request('daemon.status', undefined, {
          deadline: new Deadline(ANSWER_WITHIN, signal),
        });
      }
    } catch (error) {
      if (error instanceof RequestLateError) silent.abort();
    }
  }

  async #tellFocus(): Promise<void> {
    const params = { feed: this.#id, ...(this.#focus !== null && { name: this.#focus }) };
    try {
      await this.#link.request('inspect.focus', params, { deadline: new Deadline(undefined, this.#signal) });
    } catch {
      // The daemon is gone, which the feed itself notices.
    }
  }
}

/** Both halves are of one version, so what it holds is known. */
function isFrame(value: unknown): value is InspectionFrame {
  return typeof value === 'object' && value !== null && 'rows' in value;
}
