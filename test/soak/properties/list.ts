import fc from 'fast-check';
import { abortsApart, callsKept, type NewClock } from '../../properties/callProperties.js';
import {
  always,
  type Count,
  deafToThrowing,
  fromAnywhere,
  sameTrace,
  secretsKept,
} from '../../properties/connectionProperties.js';
import { lastWishOverSessions, lastWishOverTransports } from '../../properties/racing.js';

/** Which stories a batch tells: so many from a seed, or one that is already known. */
export interface Batch {
  readonly seed: number;
  readonly numRuns?: number;
  readonly path?: string;
  readonly endOnFailure?: boolean;
}

/** One property, whatever its arguments. */
type Check = (batch: Batch) => Promise<Outcome>;

/** What became of a batch of runs. */
export interface Outcome {
  readonly failed: boolean;
  readonly numRuns: number;
  readonly numShrinks: number;
  /** Leads back to the shortest failure, with the seed of the batch. */
  readonly path: string | null;
  readonly error: unknown;
  /** What the story was told with, beside its commands: options, and how it ended. */
  readonly circumstances: readonly string[];
}

export interface NamedProperty {
  readonly name: string;
  readonly says: string;
  /** Runs in a batch: so many that each batch takes about a second. */
  readonly runs: number;
  /** The steps of each story that held are told to `count`. */
  readonly check: (newClock: NewClock, count: Count) => Check;
}

/** The properties of `npm test`, which looks at each for a second or two. */
export const PROPERTIES: readonly NamedProperty[] = [
  {
    name: 'always',
    says: 'everything holds that always holds of a connection',
    runs: 150,
    check: (_newClock, count) => checking(always(count)),
  },
  {
    name: 'from-anywhere',
    says: 'it also holds from anywhere in the chart',
    runs: 100,
    check: (_newClock, count) => checking(fromAnywhere(count)),
  },
  {
    name: 'same-trace',
    says: 'the same commands, clock and seed give the same trace',
    runs: 20,
    check: (_newClock, count) => checking(sameTrace(count)),
  },
  {
    name: 'deaf-to-throwing',
    says: 'listeners, loggers and inspectors that throw change nothing',
    runs: 20,
    check: (_newClock, count) => checking(deafToThrowing(count)),
  },
  {
    name: 'secrets',
    says: 'nothing that can be looked at holds a secret',
    runs: 10,
    check: (_newClock, count) => checking(secretsKept(count)),
  },
  {
    name: 'calls',
    says: 'everything holds that always holds of calls',
    runs: 150,
    check: (newClock, count) => checking(callsKept(newClock, count)),
  },
  {
    name: 'aborts',
    says: 'aborting one call touches no other',
    runs: 40,
    check: (newClock, count) => checking(abortsApart(newClock, count)),
  },
  {
    name: 'session-races',
    says: 'the last wish wins, whatever overtakes whatever in sessions',
    runs: 40,
    check: (_newClock, count) => checking(lastWishOverSessions(count)),
  },
  {
    name: 'transport-races',
    says: 'the last wish wins, whatever overtakes whatever in transports',
    runs: 40,
    check: (newClock, count) => checking(lastWishOverTransports(newClock, count)),
  },
];

function checking<Arguments>(property: fc.IAsyncProperty<Arguments>): Check {
  return async (batch) => {
    const details = await fc.check(property, batch);
    const { failed, numRuns, numShrinks, counterexamplePath, errorInstance, counterexample } = details;
    const values: unknown[] = Array.isArray(counterexample) ? counterexample : [];
    // The commands stand in the error, those on the way to the story included.
    const circumstances = values.filter((value) => !Array.isArray(value)).map((value) => fc.stringify(value));
    return { failed, numRuns, numShrinks, path: counterexamplePath, error: errorInstance, circumstances };
  };
}
