import { randomBytes } from 'node:crypto';
import { type ActorRefFrom, createActor, fromCallback, fromPromise } from 'xstate';
import type { DaemonLink } from '../daemon/client/DaemonLink.js';
import { Deadline } from '../daemon/client/Deadline.js';
import { RequestLateError } from '../daemon/client/RequestLateError.js';
import { messageOf } from '../errors.js';
import type { ActionOutcome, InspectionAction, InspectionFrame } from '../inspect/frames.types.js';
import type { InspectionFeed, InspectionSource } from '../inspect/InspectionSource.types.js';
import { type DaemonFeedEvent, daemonFeedMachine } from './daemonFeed.machine.js';

/** Milliseconds for the daemon to say that it lives. */
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
  readonly #id = randomBytes(8).toString('hex');
  readonly #actor: ActorRefFrom<typeof daemonFeedMachine>;
  readonly #over: AbortSignal;
  readonly #close = () => this.close();
  #focus: string | null = null;

  constructor(link: DaemonLink, listener: (frame: InspectionFrame) => void, over: AbortSignal) {
    this.#link = link;
    this.#over = over;
    const machine = daemonFeedMachine.provide({
      actors: {
        watch: fromCallback<DaemonFeedEvent>(({ sendBack }) => {
          const left = new AbortController();
          void this.#watch(left.signal, listener, sendBack).then((reason) =>
            sendBack({ type: 'watch.ended', reason }),
          );
          return () => left.abort();
        }),
        ask: fromPromise(({ signal }) => this.#answers(signal)),
      },
      actions: {
        tellFocus: () => {
          if (this.#focus !== null) void this.#tellFocus();
        },
        tellReason: (_, { reason }) => listener(awayFrame(reason)),
      },
    });
    this.#actor = createActor(machine);
    over.addEventListener('abort', this.#close, { once: true });
    if (!over.aborted) this.#actor.start();
  }

  focus(name: string | null): void {
    this.#focus = name;
    if (this.#actor.getSnapshot().matches({ watching: { frames: 'coming' } })) void this.#tellFocus();
  }

  close(): void {
    this.#over.removeEventListener('abort', this.#close);
    this.#actor.stop();
  }

  /** Resolves with why it is over. */
  async #watch(
    signal: AbortSignal,
    listener: (frame: InspectionFrame) => void,
    tell: (event: DaemonFeedEvent) => void,
  ): Promise<string> {
    let hasBegun = false;
    const onprogress = (frame: unknown) => {
      if (!isFrame(frame) || signal.aborted) return;
      listener(frame);
      if (!hasBegun) tell({ type: 'watch.began' });
      hasBegun = true;
    };
    try {
      const deadline = new Deadline('unlimited', signal);
      await this.#link.request('inspect.watch', { feed: this.#id }, { deadline, onprogress });
      return 'the daemon leaves';
    } catch (error) {
      return messageOf(error);
    }
  }

  async #answers(signal: AbortSignal): Promise<boolean> {
    try {
      await this.#link.request('daemon.status', undefined, { deadline: new Deadline(ANSWER_WITHIN, signal) });
      return true;
    } catch (error) {
      return !(error instanceof RequestLateError);
    }
  }

  async #tellFocus(): Promise<void> {
    const params = { feed: this.#id, ...(this.#focus !== null && { name: this.#focus }) };
    try {
      await this.#link.request('inspect.focus', params, { deadline: new Deadline(undefined, this.#over) });
    } catch {
      // The daemon is gone, which the feed itself notices.
    }
  }
}

function awayFrame(reason: string): InspectionFrame {
  const note = `${reason}; as soon as there is a daemon again, its connections are shown`;
  return {
    now: Date.now(),
    source: { isLive: false, note },
    isWhole: false,
    rows: [],
    gone: [],
    detail: null,
  };
}

/** Both halves are of one version, so what it holds is known. */
function isFrame(value: unknown): value is InspectionFrame {
  return typeof value === 'object' && value !== null && 'rows' in value;
}
