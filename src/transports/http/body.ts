import { ConnectionError } from '../../errors.js';
import { onAbort } from './abort.js';

/** The longest event of a stream and the longest JSON body, 10 MiB. */
export const FRAME_LIMIT = 10 * 1024 * 1024;

/** What becomes of a body on its way to the SDK. */
export interface BodyStage {
  /** What to pass on for a chunk, if anything. Throwing breaks the body off with that failure. */
  take(chunk: Uint8Array): Uint8Array | null;
  /**
   * The body ended, or broke with `failure`. Returns last words; throws what the reader is to see.
   */
  finish(failure: unknown): Uint8Array | null;
}

/**
 * `response` with its body passed through `stage`.
 *
 * @param signal ends the body, also that of a `fetch` that knows no signals
 */
export function stageBody(response: Response, stage: BodyStage, signal: AbortSignal | undefined): Response {
  const { status, statusText } = response;
  // A body that was decompressed on the way is no longer what these say.
  const headers = new Headers(response.headers);
  headers.delete('content-encoding');
  headers.delete('content-length');
  return new Response(pass(response.body ?? emptyBody(), stage, signal), { status, statusText, headers });
}

/** Calls back when the body of a stage is over, however it ended. */
export function endingWith(stage: BodyStage, ended: () => void): BodyStage {
  return {
    take: (chunk) => stage.take(chunk),
    finish: (failure) => {
      ended();
      return stage.finish(failure);
    },
  };
}

/** Passes a JSON body on, up to the limit, and breaks it off with a `ConnectionError` of `broken`. */
export class JsonBodyStage implements BodyStage {
  readonly #broken: (failure: unknown) => ConnectionError;
  #length = 0;

  constructor(broken: (failure: unknown) => ConnectionError) {
    this.#broken = broken;
  }

  take(chunk: Uint8Array): Uint8Array {
    this.#length += chunk.byteLength;
    if (this.#length > FRAME_LIMIT) throw frameTooLarge();
    return chunk;
  }

  finish(failure: unknown): null {
    if (failure === undefined) return null;
    throw failure instanceof ConnectionError ? failure : this.#broken(failure);
  }
}

export function frameTooLarge(): ConnectionError {
  return new ConnectionError(
    'FRAME_TOO_LARGE',
    `the server sent a message of more than ${FRAME_LIMIT} bytes`,
    {
      details: { limit: FRAME_LIMIT },
    },
  );
}

function emptyBody(): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>({ start: (controller) => controller.close() });
}

function pass(
  body: ReadableStream<Uint8Array>,
  stage: BodyStage,
  signal: AbortSignal | undefined,
): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  let isFinished = false;
  let stopWaiting = () => {};
  const finish = (failure: unknown): Uint8Array | null => {
    if (isFinished) return null;
    isFinished = true;
    stopWaiting();
    return stage.finish(failure);
  };
  const conclude = (controller: ReadableStreamDefaultController<Uint8Array>, failure: unknown) => {
    try {
      const last = finish(failure);
      if (last !== null) controller.enqueue(last);
      controller.close();
    } catch (error) {
      controller.error(error);
    }
  };
  /** Nobody is to read on: the stage hears of it, and the rest is not fetched. */
  const leave = async (reason: unknown, fail: (error: unknown) => void) => {
    try {
      finish(reason ?? new Error('nobody reads the body'));
    } catch (error) {
      fail(error);
    }
    await reader.cancel(reason).catch(() => {});
  };
  return new ReadableStream<Uint8Array>({
    start(controller) {
      const abort = () => void leave(signal?.reason, (error) => controller.error(error));
      stopWaiting = onAbort(signal, abort);
    },
    async pull(controller) {
      try {
        for (;;) {
          const { done, value } = await reader.read();
          if (done) return conclude(controller, undefined);
          const passed = stage.take(value);
          if (passed !== null) return controller.enqueue(passed);
        }
      } catch (failure) {
        reader.cancel(failure).catch(() => {});
        conclude(controller, failure ?? new Error('the body broke'));
      }
    },
    // There is nobody to tell.
    cancel: (reason) => leave(reason, () => {}),
  });
}
