import type { AnyEventObject, AnyMachineSnapshot, AnyStateMachine, ContextFrom } from 'xstate';
import { type EventFixtures, publicEvents } from './fixtures.js';
import { stableText } from './serialize.js';
import type { SnapshotOf } from './snapshots.js';
import { activePaths, describeStateValue, matchesPath } from './stateNodes.js';

/** A (state, event) pair that is not taken, on purpose. */
export interface IgnoredPair<TContext = unknown> {
  /** Path of a state, its children included; a `*` stands for one name, and alone for every state. */
  readonly state: string;
  /** Type of an event; `*` for every one, `connection.*` for those that begin so. */
  readonly event: string;
  /** Only where this holds; without it, always. */
  readonly when?: { holds(context: TContext): boolean; condition: string } | undefined;
  readonly reason: string;
}

export interface UndecidedPair {
  /** The state value on one line. */
  state: string;
  event: AnyEventObject;
  snapshot: AnyMachineSnapshot;
}

export interface TotalityReport<TIgnored> {
  /** Pairs that were looked at. */
  pairs: number;
  /** Neither taken nor ignored on purpose. One for each state value and event. */
  undecided: UndecidedPair[];
  /** Entries that no snapshot needs. */
  unused: TIgnored[];
  /** Entries that cover a pair which is taken, so that they say something wrong. */
  contradicted: { ignored: TIgnored; state: string; event: AnyEventObject }[];
}

/**
 * Whether every public event is decided in every one of these snapshots: a transition is enabled (one
 * without target and actions is a decision too), or the pair is on the list.
 *
 * @param snapshots all reachable ones: `graph.nodes.map(({ snapshot }) => snapshot)`
 * @param events only the events that somebody may send; give the others no cases
 * @throws Error when there is no pair to look at
 */
export function totality<
  TMachine extends AnyStateMachine,
  TIgnored extends IgnoredPair<ContextFrom<TMachine>>,
>(
  machine: TMachine,
  snapshots: Iterable<SnapshotOf<TMachine>>,
  events: EventFixtures<TMachine>,
  ignored: readonly TIgnored[],
): TotalityReport<TIgnored> {
  const undecided = new Map<string, UndecidedPair>();
  const contradicted = new Map<string, TotalityReport<TIgnored>['contradicted'][number]>();
  const used = new Set<TIgnored>();
  let pairs = 0;
  for (const snapshot of snapshots) {
    const state = describeStateValue(snapshot.value);
    for (const event of publicEvents<TMachine>(events, snapshot)) {
      pairs += 1;
      const entries = ignored.filter((entry) => covers(entry, snapshot, event));
      if (isTaken(machine, snapshot, event)) {
        for (const entry of entries) {
          contradicted.set(`${ignored.indexOf(entry)} ${state} ${event.type}`, {
            ignored: entry,
            state,
            event,
          });
        }
        continue;
      }
      for (const entry of entries) used.add(entry);
      if (entries.length === 0) undecided.set(`${state} ${stableText(event)}`, { state, event, snapshot });
    }
  }
  if (pairs === 0) throw new Error(`no pair of state and event of '${machine.id}' to look at`);
  return {
    pairs,
    undecided: [...undecided.values()],
    unused: ignored.filter((entry) => !used.has(entry)),
    contradicted: [...contradicted.values()],
  };
}

/** A machine that has ended takes nothing, whatever its root would handle. */
function isTaken(machine: AnyStateMachine, snapshot: AnyMachineSnapshot, event: AnyEventObject): boolean {
  return snapshot.status === 'active' && machine.getTransitionData(snapshot, event).length > 0;
}

function covers<TContext>(
  { state, event, when }: IgnoredPair<TContext>,
  snapshot: AnyMachineSnapshot,
  { type }: AnyEventObject,
): boolean {
  return (
    matchesEvent(event, type) &&
    activePaths(snapshot).some((path) => matchesPath(state, path)) &&
    (when === undefined || when.holds(snapshot.context))
  );
}

function matchesEvent(pattern: string, type: string): boolean {
  if (pattern === '*' || pattern === type) return true;
  return pattern.endsWith('.*') && type.startsWith(pattern.slice(0, -1));
}
