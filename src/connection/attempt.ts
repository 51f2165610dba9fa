import type { RequestOptions } from '@modelcontextprotocol/sdk/shared/protocol.js';
import type { Clock } from '../clock.js';
import type { CallTrace, SessionPort } from '../session/port.js';
import { isSchemaError } from '../session/schemaError.js';
import type { CallOptions, CallRules, Send } from './call.types.js';
import { createClientFace } from './clientFace.js';

/** A call on its way over one session. */
export interface AttemptOptions<Result> {
  session: SessionPort;
  send: Send<Result>;
  rules: CallRules;
  options: CallOptions;
  /** Follows the call over all its attempts. */
  trace: CallTrace;
  /** Milliseconds left for the call, and for one whose progress extends that. */
  left: { timeout: number; total: number };
  clock: Clock;
  /** The error of what the embedder's code asks of its client when that has served its time. */
  refusal: () => Error;
}

/** How a sending ended without a result. */
export interface Failure {
  error: unknown;
  /**
   * `own`: the server's answer, or an error of the embedder's code, which nobody else may interpret.
   * `unreadable`: the server answered what the SDK's schemas reject. `late`: the limit passed.
   * `unanswered`: anything else, a lost session above all.
   */
  kind: 'own' | 'unreadable' | 'late' | 'unanswered';
}

/** What the SDK's client rejects with when its own timer ran out. A server may answer with it too. */
const REQUEST_TIMEOUT = -32001;

type Ended<Result> = { result: Result } | Failure;

/** Sends a call on a session, within what is left of its time. Never rejects. */
export function attempt<Result>(call: AttemptOptions<Result>): Promise<Ended<Result>> {
  call.trace.answered = 0;
  return call.rules.isOpenEnded ? attemptRun(call) : attemptRequest(call);
}

/** Sends a call that is one request of the SDK's client, as most are: they take no step that they do not need. */
function attemptRequest<Result>(call: AttemptOptions<Result>): Promise<Ended<Result>> {
  const { session, options, trace, left } = call;
  // The SDK has a limit for a request, but measures totals on the wall clock.
  const limit = options.resetTimeoutOnProgress === true ? left.total : null;
  const isInterruptible = options.signal !== undefined || limit !== null;
  const interruption = isInterruptible ? interruptible(options.signal, limit, call.clock) : null;
  const request = requestOptions(call, interruption);
  const ended = session
    .trace(trace, () => call.send(session.client, request))
    .then(
      (result) => ({ result }),
      (error: unknown): Failure => ({
        error,
        kind: interruption?.isLate() ? 'late' : kindOf(error, trace.answered > 0),
      }),
    );
  return interruption === null ? ended : ended.finally(interruption.dispose);
}

/** Lets the embedder's code send what it wants, through a client that serves this attempt only. */
async function attemptRun<Result>(call: AttemptOptions<Result>): Promise<Ended<Result>> {
  const { session, options, trace, left } = call;
  const isExtended = options.resetTimeoutOnProgress === true;
  const limit = isExtended ? left.total : Math.min(left.timeout, left.total);
  const interruption = interruptible(options.signal, limit, call.clock);
  const request = requestOptions(call, interruption);
  /** Errors that the client threw to the embedder's code. */
  const thrown = new WeakMap<object, Failure['kind']>();
  const failed = (error: unknown, wasAnswered: boolean) => {
    if (isObject(error)) thrown.set(error, kindOf(error, wasAnswered));
  };
  const face = createClientFace(session, trace, request, failed, call.refusal);
  try {
    return { result: await interruption.race(call.send(face.client, request)) };
  } catch (error) {
    if (interruption.isLate()) return { error, kind: 'late' };
    return { error, kind: (isObject(error) ? thrown.get(error) : undefined) ?? 'own' };
  } finally {
    face.close();
    interruption.dispose();
  }
}

function requestOptions(
  { options, left }: Pick<AttemptOptions<never>, 'options' | 'left'>,
  interruption: Interruption | null,
): RequestOptions {
  const request: RequestOptions = {
    timeout: Math.max(1, Math.min(left.timeout, left.total)),
    resetTimeoutOnProgress: options.resetTimeoutOnProgress === true,
  };
  if (options.onprogress !== undefined) request.onprogress = options.onprogress;
  if (interruption !== null) request.signal = interruption.signal;
  return request;
}

interface Interruption {
  /** Aborts when the caller's signal does, or when the limit passed. */
  signal: AbortSignal;
  /** What is raced, or a rejection with the signal's reason if that comes first. */
  race<Result>(racing: Promise<Result>): Promise<Result>;
  isLate(): boolean;
  dispose(): void;
}

/** @param limit milliseconds; null for none */
function interruptible(caller: AbortSignal | undefined, limit: number | null, clock: Clock): Interruption {
  // A signal of our own: the SDK never takes its listener off one, and the caller's may serve many calls.
  const controller = new AbortController();
  const { signal } = controller;
  let isLate = false;
  const abort = () => controller.abort(caller?.reason);
  const timer =
    limit === null
      ? null
      : clock.setTimeout(
          () => {
            isLate = true;
            controller.abort(new Error('the limit of the call passed'));
          },
          Math.max(1, limit),
        );
  caller?.addEventListener('abort', abort, { once: true });
  return {
    signal,
    race: (racing) =>
      new Promise((resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason), { once: true });
        racing.then(resolve, reject);
      }),
    isLate: () => isLate,
    dispose: () => {
      if (timer !== null) clock.clearTimeout(timer);
      caller?.removeEventListener('abort', abort);
    },
  };
}

/** What an error of the SDK's client about one request means. */
function kindOf(error: unknown, wasAnswered: boolean): Failure['kind'] {
  if (wasAnswered) return isSchemaError(error) ? 'unreadable' : 'own';
  return isObject(error) && 'code' in error && error.code === REQUEST_TIMEOUT ? 'late' : 'unanswered';
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
