import { isLifelineError } from '../errors.js';
import { RequestFailedError } from './errors.js';
import { FAULTS, type Fault, type Request, type RequestId } from './messages.js';

export interface RequestContext {
  /** Aborts when the other half withdraws the request, or is gone. */
  readonly signal: AbortSignal;
  /** Tells the other half how far it is. Nothing once the request is answered. */
  progress(value: unknown): void;
}

/**
 * Carries out a request of the other half. What it resolves with is the answer. What it throws is one as well: a
 * `RequestFailedError` as it is, an error of this package by code and message, any other without a word of it.
 */
export type RequestHandler = (method: string, params: unknown, context: RequestContext) => unknown;

export type Answer = { readonly result: unknown } | { readonly error: Fault };

interface Options {
  readonly limit: number;
  readonly handle: RequestHandler;
  /** Does nothing if the other half is gone. */
  answer(id: RequestId, answer: Answer): void;
  progress(id: RequestId, value: unknown): void;
  /** Told what a handler threw that the other half is not told. */
  fault(error: unknown): void;
}

/** The requests of the other half that are being carried out. Each is answered once. */
export class IncomingRequests {
  readonly #running = new Map<RequestId, AbortController>();
  readonly #options: Options;

  constructor(options: Options) {
    this.#options = options;
  }

  get size(): number {
    return this.#running.size;
  }

  has(id: RequestId): boolean {
    return this.#running.has(id);
  }

  accept({ id, method, params }: Request): void {
    const { limit, answer } = this.#options;
    if (this.#running.size >= limit) {
      const message = `${limit} requests are in work already; wait for one of them`;
      answer(id, {
        error: { code: FAULTS.tooManyInFlight, message, data: { code: 'TOO_MANY_IN_FLIGHT', limit } },
      });
      return;
    }
    const controller = new AbortController();
    this.#running.set(id, controller);
    void this.#carryOut(method, params, id, controller.signal).then((outcome) => {
      this.#running.delete(id);
      answer(id, outcome);
    });
  }

  cancel(id: RequestId): void {
    this.#running.get(id)?.abort();
  }

  /** The other half is gone. */
  abort(reason: unknown): void {
    const running = [...this.#running.values()];
    this.#running.clear();
    for (const controller of running) controller.abort(reason);
  }

  async #carryOut(method: string, params: unknown, id: RequestId, signal: AbortSignal): Promise<Answer> {
    const { handle, progress } = this.#options;
    try {
      const result = await handle(method, params, {
        signal,
        progress: (value) => {
          if (this.#running.has(id)) progress(id, value);
        },
      });
      return { result: result ?? null };
    } catch (error) {
      return { error: signal.aborted ? CANCELLED : this.#faultOf(error) };
    }
  }

  #faultOf(error: unknown): Fault {
    if (error instanceof RequestFailedError) {
      const fault = { code: error.rpcCode, message: error.message };
      return error.data === undefined ? fault : { ...fault, data: error.data };
    }
    if (isLifelineError(error)) {
      return { code: FAULTS.lifelineError, message: error.message, data: { code: error.code } };
    }
    this.#options.fault(error);
    return { code: FAULTS.internalError, message: 'internal error' };
  }
}

const CANCELLED: Fault = { code: FAULTS.cancelled, message: 'cancelled' };
