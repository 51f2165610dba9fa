import type { Clock } from '../clock.js';
import { IpcError, PeerGoneError, RequestFailedError } from './errors.js';
import type { Failure, Success } from './messages.js';
import type { Outgoing } from './outbox.js';

export interface RequestOptions {
  /** Withdraws the request: it rejects with the signal's reason, and the other half is told to stop. */
  signal?: AbortSignal;
  /** Milliseconds until it is withdrawn. Default: no limit */
  timeout?: number;
  /** Called with what the other half says of how far it is, never after the request settled. */
  onprogress?(value: unknown): void;
}

interface Pending {
  readonly frame: Outgoing;
  readonly onprogress: ((value: unknown) => void) | undefined;
  settle(): { resolve(result: unknown): void; reject(reason: unknown): void };
}

/** The requests of this half that wait for an answer. Each settles once, because it leaves the list first. */
export class OutgoingRequests {
  readonly #pending = new Map<number, Pending>();
  readonly #clock: Clock;
  readonly #withdraw: (id: number, frame: Outgoing) => void;
  #nextId = 1;

  /** @param withdraw takes the frame back; if it is too late for that, has the other half told if there is one */
  constructor(clock: Clock, withdraw: (id: number, frame: Outgoing) => void) {
    this.#clock = clock;
    this.#withdraw = withdraw;
  }

  get size(): number {
    return this.#pending.size;
  }

  /** An id that was not used before. */
  next(): number {
    return this.#nextId++;
  }

  add(id: number, method: string, frame: Outgoing, options: RequestOptions): Promise<unknown> {
    const { signal, timeout, onprogress } = options;
    return new Promise((resolve, reject) => {
      const onabort = () => this.#giveUp(id, signal?.reason);
      const timer =
        timeout === undefined
          ? undefined
          : this.#clock.setTimeout(() => {
              const message = `${method}: not answered within ${timeout} ms`;
              this.#giveUp(id, new IpcError('REQUEST_TIMEOUT', message));
            }, timeout);
      signal?.addEventListener('abort', onabort, { once: true });
      const settle = () => {
        this.#pending.delete(id);
        signal?.removeEventListener('abort', onabort);
        if (timer !== undefined) this.#clock.clearTimeout(timer);
        return { resolve, reject };
      };
      this.#pending.set(id, { frame, onprogress, settle });
    });
  }

  /** An answer to what nobody asked, or does not ask any more, is nothing. */
  answered(answer: Success | Failure): void {
    const pending = this.#find(answer.id);
    if (pending === undefined) return;
    if ('result' in answer) {
      pending.settle().resolve(answer.result);
      return;
    }
    const { code, message, data } = answer.error;
    pending.settle().reject(new RequestFailedError(code, message, data));
  }

  progressed(id: unknown, value: unknown): void {
    this.#find(id)?.onprogress?.(value);
  }

  /** The other half is gone: nothing can be answered any more. */
  lose(reason: string, cause: unknown): void {
    for (const [id, { frame, settle }] of [...this.#pending]) {
      const { reject } = settle();
      // What is said never to have been sent must not go out with the last words.
      this.#withdraw(id, frame);
      reject(new PeerGoneError(reason, frame.isHanded, { cause }));
    }
  }

  #giveUp(id: number, reason: unknown): void {
    const pending = this.#pending.get(id);
    if (pending === undefined) return;
    const { reject } = pending.settle();
    this.#withdraw(id, pending.frame);
    reject(reason);
  }

  #find(id: unknown): Pending | undefined {
    // Ours are numbers: "1" is not 1.
    return typeof id === 'number' ? this.#pending.get(id) : undefined;
  }
}
