import type { HttpClock } from './http.types.js';

/** `work`, or the rejection with the signal's reason, whichever comes first. */
export function untilAborted<Result>(
  work: Promise<Result>,
  signal: AbortSignal | undefined,
): Promise<Result> {
  if (signal === undefined) return work;
  return new Promise<Result>((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
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
