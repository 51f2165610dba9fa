import { performance } from 'node:perf_hooks';
import type { Count } from '../../properties/connectionProperties.js';
import { type Options, UsageError } from '../commandLine.js';
import type { Report } from '../report.js';
import { type Batch, type NamedProperty, type Outcome, PROPERTIES } from './list.js';
import { withSteppingTimers } from './processTimers.js';

/** What is needed to see a failure again: the property, the seed of its batch, the path to the shortest story. */
interface Replay {
  property: NamedProperty;
  seed: number;
  path: string;
}

const PROGRESS = 20;
/** Characters of one circumstance: what of it is longer is the way through the chart, which the commands tell. */
const MOST_TEXT = 1_500;

/** Checks the properties in turn, batch by batch, until so many steps were taken. */
export async function soakProperties(options: Options, report: Report): Promise<void> {
  if (options.replay !== undefined) return replay(parseReplay(options.replay), report);
  const chosen = PROPERTIES.filter(({ name }) => options.property === undefined || name === options.property);
  if (chosen.length === 0) throw new UsageError(`there is no property '${options.property}': ${names()}`);
  const steps = new Map(chosen.map(({ name }) => [name, 0]));
  const stories = new Map(chosen.map(({ name }) => [name, 0]));
  const began = performance.now();
  const elapsed = () => `${((performance.now() - began) / 1_000).toFixed(0)} s`;
  let total = 0;
  let said = 0;
  for (let batch = 0; total < options.steps; batch += 1) {
    const property = chosen[batch % chosen.length];
    if (property === undefined) throw new Error('no property');
    const { name } = property;
    // Each batch has a seed of its own, which follows from that of the run.
    const seed = (options.seed + Math.imul(batch, 0x9e3779b1)) | 0;
    const outcome = await runBatch(property, { seed, numRuns: property.runs }, (count) => {
      total += count;
      steps.set(name, (steps.get(name) ?? 0) + count);
    });
    stories.set(name, (stories.get(name) ?? 0) + outcome.numRuns);
    if (outcome.failed) {
      report.fail(story(outcome, { property, seed, path: outcome.path ?? '' }));
      return;
    }
    const share = Math.floor((total / options.steps) * PROGRESS);
    if (share > said) report.progress(`${total} of ${options.steps} steps after ${elapsed()}`);
    said = share;
  }
  for (const { name, says } of chosen) {
    report.figure(`${name}: steps (stories)`, `${steps.get(name)} (${stories.get(name)})  ${says}`);
  }
  report.figure('steps in all', total);
}

function names(): string {
  return PROPERTIES.map(({ name }) => name).join(', ');
}

async function replay({ property, seed, path }: Replay, report: Report): Promise<void> {
  let told = 0;
  const outcome = await runBatch(property, { seed, path, endOnFailure: true }, (count) => {
    told += count;
  });
  if (outcome.failed) report.fail(story(outcome, { property, seed, path }));
  else report.figure('the story now holds', `${told} steps`);
}

function runBatch({ check }: NamedProperty, batch: Batch, count: Count): Promise<Outcome> {
  return withSteppingTimers((newClock) => check(newClock, count)(batch));
}

function parseReplay(given: string): Replay {
  const [name, seed, ...path] = given.split(':');
  const property = PROPERTIES.find((known) => known.name === name);
  if (property === undefined || !Number.isSafeInteger(Number(seed)) || path.length === 0) {
    throw new UsageError(`--replay ${given}: expected property:seed:path, the property one of ${names()}`);
  }
  return { property, seed: Number(seed), path: path.join(':') };
}

/** The error of a watch lists what does not hold, and the commands that led there, one a line. */
function story({ error, numShrinks, circumstances }: Outcome, { property, seed, path }: Replay): string {
  const { name, says } = property;
  return [
    `${name}: ${says} — no:`,
    '',
    error instanceof Error ? error.message : String(error),
    ...circumstances.map((text) => `with ${text.length > MOST_TEXT ? `${text.slice(0, MOST_TEXT)}…` : text}`),
    '',
    `Made shorter ${numShrinks} times. To see it again:`,
    `  npm run test:soak -- properties --replay ${name}:${seed}:${path}`,
  ].join('\n');
}
