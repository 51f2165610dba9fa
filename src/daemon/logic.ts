import { fromPromise } from 'xstate';
import { type ClaimOutput, type DaemonHandle, daemonMachine, type LookOutput } from '../../machines/index.js';

/** What the actors of the daemon's chart do; each is a step that its chart limits. */
export interface DaemonSteps {
  claim(): Promise<ClaimOutput>;
  reap(): Promise<void>;
  publish(): Promise<void>;
  look(): Promise<LookOutput>;
  drain(): Promise<void>;
  stop(): Promise<void>;
}

const live = new WeakMap<DaemonHandle, DaemonSteps>();

export function daemonHandle(steps: DaemonSteps): DaemonHandle {
  const handle: DaemonHandle = {};
  live.set(handle, steps);
  return handle;
}

function stepsOf(handle: DaemonHandle): DaemonSteps {
  const steps = live.get(handle);
  if (steps === undefined) throw new Error('This handle belongs to no daemon of this process.');
  return steps;
}

type Input = { handle: DaemonHandle };

/** The chart with its real actors. */
export const daemonLogic = daemonMachine.provide({
  actors: {
    claim: fromPromise<ClaimOutput, Input>(({ input }) => stepsOf(input.handle).claim()),
    reap: fromPromise<void, Input>(({ input }) => stepsOf(input.handle).reap()),
    publish: fromPromise<void, Input>(({ input }) => stepsOf(input.handle).publish()),
    look: fromPromise<LookOutput, Input>(({ input }) => stepsOf(input.handle).look()),
    drain: fromPromise<void, Input>(({ input }) => stepsOf(input.handle).drain()),
    stop: fromPromise<void, Input>(({ input }) => stepsOf(input.handle).stop()),
  },
});
