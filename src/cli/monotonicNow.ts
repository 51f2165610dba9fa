/** `performance.now()`, whose module Node loads when it is first used; see bundle.mjs. */
export function monotonicNow(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1e3 + nanoseconds / 1e6;
}
