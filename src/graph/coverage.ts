import type { AnyMachineSnapshot, AnyStateMachine, InspectionEvent } from 'xstate';
import { isMachineSnapshot } from 'xstate';
import { withoutConflicts } from './conflicts.js';
import type { MachinePath } from './paths.js';
import { activePaths, allStateNodes, statePath } from './stateNodes.js';
import type { Microstep } from './step.js';
import { transitionIdOf, transitionsOf } from './transitions.js';

export interface CoverageReport {
  /** States of the chart, composite ones included, the root and history states left out. */
  states: { reached: number; total: number; missing: string[] };
  /** Transition definitions, by id as in `transitionsOf`. */
  transitions: { walked: number; total: number; missing: string[] };
  paths: number;
}

/**
 * What the paths cover, counted from the microsteps they really take: raised events and the branches of
 * guards included.
 *
 * @throws Error when the paths take no step at all: a walk over nothing proves nothing
 */
export function coverage<TMachine extends AnyStateMachine>(
  machine: TMachine,
  paths: readonly MachinePath<TMachine>[],
): CoverageReport {
  const watch = watchCoverage(machine);
  for (const { start, steps } of paths) {
    watch.add(start.microsteps);
    watch.enter(start.snapshot);
    for (const { microsteps } of steps) watch.add(microsteps);
  }
  return watch.report(paths.length);
}

export interface CoverageWatch {
  /** Counts the microsteps of a walk. */
  add(microsteps: readonly Microstep[]): void;
  /** Counts the states of a snapshot, where no microstep led. */
  enter(snapshot: AnyMachineSnapshot): void;
  /** Counts what real actors do: `createActor(machine, { inspect: watch.inspect })`. */
  inspect(event: InspectionEvent): void;
  /** @throws Error when nothing was walked */
  report(paths: number): CoverageReport;
}

/** Collects what walks over a machine take, be they on paper or by real actors. */
export function watchCoverage(machine: AnyStateMachine): CoverageWatch {
  const walked = new Set<string>();
  const reached = new Set<string>();
  const snapshots = new WeakMap<object, AnyMachineSnapshot>();
  const add: CoverageWatch['add'] = (microsteps) => {
    for (const { transitions, states } of microsteps) {
      for (const id of transitions) walked.add(id);
      for (const path of states) reached.add(path);
    }
  };
  const enter: CoverageWatch['enter'] = (snapshot) => {
    for (const path of activePaths(snapshot)) reached.add(path);
  };
  return {
    add,
    enter,
    inspect(event) {
      if (!('snapshot' in event) || !isMachineSnapshot(event.snapshot)) return;
      // `provide` makes another machine of the same config; children may be of other configs.
      if (event.snapshot.machine.config !== machine.config) return;
      const before = snapshots.get(event.actorRef);
      snapshots.set(event.actorRef, event.snapshot);
      enter(event.snapshot);
      if (event.type !== '@xstate.microstep') return;
      const taken = before === undefined ? event._transitions : withoutConflicts(event._transitions, before);
      add([{ transitions: taken.map(transitionIdOf).filter((id) => id !== undefined), states: [] }]);
    },
    report: (paths) => report(machine, walked, reached, paths),
  };
}

function report(
  machine: AnyStateMachine,
  walked: ReadonlySet<string>,
  reached: ReadonlySet<string>,
  paths: number,
): CoverageReport {
  const transitions = transitionsOf(machine);
  if (walked.size === 0) {
    throw new Error(`no transition of '${machine.id}' was walked; a walk over nothing proves nothing`);
  }
  const missingTransitions = transitions.filter(({ id }) => !walked.has(id)).map(({ id }) => id);
  // A state that is left by the very step that starts the machine shows only as a source.
  const sources = transitions.filter(({ id }) => walked.has(id)).map(({ source }) => source);
  const states = allStateNodes(machine)
    .filter(({ type }) => type !== 'history')
    .map(statePath);
  const isReached = (path: string) =>
    reached.has(path) || sources.some((source) => source === path || source.startsWith(`${path}.`));
  const missingStates = states.filter((path) => !isReached(path));
  return {
    states: { reached: states.length - missingStates.length, total: states.length, missing: missingStates },
    transitions: {
      walked: transitions.length - missingTransitions.length,
      total: transitions.length,
      missing: missingTransitions,
    },
    paths,
  };
}

/** `states 24/24, transitions 89/89, paths 412`; then, where there are any, what is missing. */
export function formatCoverage({ states, transitions, paths }: CoverageReport): string {
  return [
    `states ${states.reached}/${states.total}, transitions ${transitions.walked}/${transitions.total}, paths ${paths}`,
    ...states.missing.map((path) => `  not reached: ${path}`),
    ...transitions.missing.map((id) => `  not walked: ${id}`),
  ].join('\n');
}
