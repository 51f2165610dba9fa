import type { Output } from './Output.js';

/** Milliseconds between two looks at the clock. Nothing is shown at the first: most is done by then. */
const EVERY = 1000;

/** Shows people how long something takes already, until it is done or tells of its progress itself. */
export async function showElapsed<Result>(output: Output, work: Promise<Result>): Promise<Result> {
  if (!output.showsProgress) return work;
  let seconds = 0;
  let hasShown = false;
  const timer = setInterval(() => {
    seconds += 1;
    if (seconds === 1 || output.hasProgress) return;
    hasShown = true;
    output.elapsed(seconds);
  }, EVERY);
  try {
    return await work;
  } finally {
    clearInterval(timer);
    if (hasShown) output.progress(null);
  }
}
