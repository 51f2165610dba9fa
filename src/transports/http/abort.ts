import type { HttpClock } from './http.types.js';

/** What is to be called when a signal aborts. */
const callbacks = new WeakMap<AbortSignal, { all: Set<() => void>; listener: () => void }>();

/**
 * Calls back when `signal` aborts, at once if it has. However many wait for one signal, it has one listener:
 * runtimes warn of more than a few, and a session's signal is shared by all its requests.
 *
 * @returns stops waiting
 */
export function onAbort(signal: AbortSignal | undefined, callback: () => void): () => void {
  if (signal === undefined) return () => {};
  if (signal.aborted) {
    callback();
    return () => {};
  }
  const shared = callbacks.get(signal) ?? listen(signal);
  // The same function may be given twice.
  const mine = () => callback();
  shared.all.add(mine);
  return () => {
    if (!shared.all.delete(mine) || shared.all.size > 0) return;
    callbacks.delete(signal);
    signal.removeEventListener('abort', shared.listener);
  };
}

function listen(signal: AbortSignal) {
  const all = new Set<() => void>();
  const listener = () => {
    callbacks.delete(signal);
    for (const callback of all) callback();
    all.clear();
  };
  signal.addEventListener('abort', listener, { once: true });
  const shared = { all, listener };
  callbacks.set(signal, shared);
  return shared;
}

/** `work`, or the rejection with the signal's reason, whichever comes first. */
export function untilAborted<Result>(
  work: Promise<Result>,
  signal: AbortSignal | undefined,
): Promise<Result> {
  if (signal === undefined) return work;
  return new Promise<Result>((resolve, reject) => {
    const stopWaiting = onAbort(signal, () => reject(signal.reason));
    work.then(resolve, reject).finally(stopWaiting);
  });
}

/** Waits `delay` milliseconds. Rejects with the signal's reason; leaves no timer behind. */
export function wait(delay: number, clock: HttpClock, signal?: AbortSignal): Promise<void> {
  let timer: unknown;
  const elapsed = new Promise<void>((resolve) => {
    timer = clock.setTimeout(resolve, delay);
  });
  return untilAborted(elapsed, signal).finally(() => clock.clearTimeout(timer));
}

/** Waits for `work`, at most `limit` milliseconds. Tells whether it ended in time; never rejects. */
export async function within(limit: number, clock: HttpClock, work: Promise<unknown>): Promise<boolean> {
  const settled = new AbortController();
  const done = work.then(
    () => true,
    () => true,
  );
  const late = wait(limit, clock, settled.signal).then(
    () => false,
    () => true,
  );
  const inTime = await Promise.race([done, late]);
  settled.abort();
  return inTime;
}
