/** What the walks over the daemon's chart are made of. */
import { type DaemonInput, daemonMachine } from '../../../machines/index.js';
import { explore } from '../../../src/graph/index.js';
import { daemonActors, daemonEssence, daemonEvents } from '../../../src/graph/stories/daemon.js';

/** No two delays are alike, so that a clock can tell the timers apart. */
const limits: DaemonInput['limits'] = {
  start: 10_007,
  idle: 600_011,
  watch: 5_003,
  look: 5_009,
  drain: 30_011,
  stop: 60_013,
};

export const LIMITS = {
  normal: limits,
  'never idle': { ...limits, idle: 'unlimited' },
} satisfies { [name: string]: DaemonInput['limits'] };

export type LimitsName = keyof typeof LIMITS;

export const daemonInput = (name: LimitsName): DaemonInput => ({ handle: {}, limits: LIMITS[name] });

export const daemonGraph = explore(daemonMachine, {
  inputs: { normal: daemonInput('normal'), 'never idle': daemonInput('never idle') },
  events: daemonEvents,
  actors: daemonActors,
  serialize: daemonEssence,
  limit: 20_000,
});
