/** How long the properties look. `LIFELINE_RUNS=20` looks twenty times as long. */
const multiplier = Number(process.env.LIFELINE_RUNS ?? 1);
if (!(multiplier > 0))
  throw new Error(`LIFELINE_RUNS=${process.env.LIFELINE_RUNS}: expected a number above 0`);

/** Runs of a property: `count` of them in every test run, more where somebody has the time. */
export function runs(count: number): number {
  return Math.max(1, Math.round(count * multiplier));
}

/** Milliseconds for one test: seconds where all is well, minutes to make a failing story short. */
export const patience = 300_000 * Math.max(1, multiplier);
