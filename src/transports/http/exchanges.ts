import type { RequestId } from '@modelcontextprotocol/sdk/types.js';
import { ConnectionError } from '../../errors.js';
import { onAbort } from './abort.js';
import type { HttpRequest } from './requester.js';

/** One request over HTTP, until its body has ended. */
export interface Exchange {
  /** The request, with a signal of its own. */
  request: HttpRequest;
  /** Nothing more comes of it. */
  end(): void;
}

/**
 * What is open at the server. The SDK gives all requests the signal of the session, so that the response to
 * a request that was cancelled would stay open for as long as the session. Here each has a signal of its own.
 */
export class Exchanges {
  readonly #byRequest = new Map<RequestId, AbortController>();

  /** @param ids requests that are to be answered in it */
  begin(request: HttpRequest, ids: Iterable<RequestId>): Exchange {
    const controller = new AbortController();
    const { signal } = controller;
    const session = request.signal;
    const answered = [...ids];
    for (const id of answered) this.#byRequest.set(id, controller);
    const stopWaiting = onAbort(session, () => controller.abort(session?.reason));
    return {
      request: { ...request, signal, init: { ...request.init, signal } },
      end: () => {
        stopWaiting();
        for (const id of answered) {
          if (this.#byRequest.get(id) === controller) this.#byRequest.delete(id);
        }
      },
    };
  }

  /** Nobody waits for the answer to a request: what it is to come in is closed, unless it is for others too. */
  leave(id: RequestId): void {
    const controller = this.#byRequest.get(id);
    this.#byRequest.delete(id);
    if (controller === undefined || [...this.#byRequest.values()].includes(controller)) return;
    controller.abort(
      new ConnectionError('TRANSPORT_FAILED', 'the request was cancelled', { details: { unsent: false } }),
    );
  }
}
