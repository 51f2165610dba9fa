import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Samples of the heap over a run: enough to bear the noise of single ones. Each collects everything. */
export const samplesFor = (cycles: number): number => Math.min(60, Math.max(12, Math.floor(cycles / 50)));
/** Bytes per cycle above which the heap grows: less than the smallest session could leave behind. */
const MOST_GROWTH = 48;
/** Bytes by which the medians may differ in a run without a leak: code is compiled and thrown away all the time. */
const NOISE = 256 * 1024;

setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');

/** Bytes in use, when everything that nobody holds is gone: finalizers run between the collections. */
export async function heapInUse(): Promise<number> {
  for (let round = 0; round < 3; round += 1) {
    collect();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

export interface Growth {
  /** Bytes. */
  readonly middle: number;
  readonly end: number;
  readonly perCycle: number;
  readonly isGrowing: boolean;
}

/**
 * Compares the middle of a run with its end. The first half is left out: V8 goes on compiling for thousands
 * of cycles, and what it compiles stays. Of the third and of the last quarter it takes the medians, so that
 * no single sample decides; what leaks adds to every cycle between them.
 */
export function growthOf(samples: readonly number[], cycles: number): Growth {
  const at = (part: number) => Math.floor(samples.length * part);
  const middle = median(samples.slice(at(0.5), at(0.75)));
  const end = median(samples.slice(at(0.75)));
  const between = cycles / 4;
  const perCycle = (end - middle) / between;
  return { middle, end, perCycle, isGrowing: end - middle > Math.max(NOISE, between * MOST_GROWTH) };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
