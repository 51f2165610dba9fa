/**
 * Time as the package reads it. Durations are measured on `now`, which no change of the wall clock
 * touches; `time` is for people.
 */
export interface Clock {
  /** Monotonic milliseconds; only differences mean something. */
  now(): number;
  /** Epoch milliseconds. */
  time(): number;
  setTimeout(callback: () => void, delay: number): unknown;
  clearTimeout(timer: unknown): void;
}

/** The clock of the process. */
export const systemClock: Clock = {
  now: () => performance.now(),
  time: () => Date.now(),
  setTimeout: (callback, delay) => setTimeout(callback, delay),
  clearTimeout: (timer) => clearTimeout(timer as ReturnType<typeof setTimeout>),
};
