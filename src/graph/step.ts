import {
  type AnyActorScope,
  type AnyEventObject,
  type AnyMachineSnapshot,
  type AnyStateMachine,
  createEmptyActor,
  type ExecutableActionObject,
  type InputFrom,
  type InspectionEvent,
  isMachineSnapshot,
} from 'xstate';
import { isReservedEventType, parseEventType } from '../eventNames.js';
import { withoutConflicts } from './conflicts.js';
import { isSnapshotOf, type SnapshotOf } from './snapshots.js';
import { activePaths } from './stateNodes.js';
import { transitionIdOf } from './transitions.js';

/** What a machine's surroundings would know of it: its snapshot, its running timers, its ended actors. */
export interface Situation<TMachine extends AnyStateMachine> {
  readonly snapshot: SnapshotOf<TMachine>;
  /** Delayed events that were scheduled and neither cancelled nor delivered, by the id of the timer. */
  readonly timers: ReadonlyMap<string, AnyEventObject>;
  /** Ids of children that have ended; the snapshot keeps them until the state that invoked them is left. */
  readonly ended: ReadonlySet<string>;
}

/** One microstep: the transitions that were taken together, and where they led. */
export interface Microstep {
  /** Ids of the transitions, as in `transitionsOf`. */
  readonly transitions: readonly string[];
  /** Paths of the states that were active after it. */
  readonly states: readonly string[];
}

/** A macrostep: from one event to the next rest. */
export interface Step<TMachine extends AnyStateMachine> {
  readonly situation: Situation<TMachine>;
  readonly microsteps: readonly Microstep[];
}

/**
 * Where a machine starts with this input. Pure: no action is executed and no actor is started.
 *
 * @throws Error when the machine cannot start with it: its context, for one, needs an input and got none
 */
export function firstStep<TMachine extends AnyStateMachine>(
  machine: TMachine,
  input: InputFrom<TMachine>,
): Step<TMachine> {
  const recording = record(machine, undefined);
  return recording.finish(machine.getInitialSnapshot(recording.scope, input), {
    timers: new Map(),
    ended: new Set(),
  });
}

/** What one event leads to. Pure: no action is executed and no actor is started. */
export function nextStep<TMachine extends AnyStateMachine>(
  machine: TMachine,
  { snapshot, timers, ended }: Situation<TMachine>,
  event: AnyEventObject,
): Step<TMachine> {
  const recording = record(machine, snapshot);
  return recording.finish(machine.transition(snapshot, event, recording.scope), {
    timers: withoutTimer(timers, event),
    ended: withActor(ended, event),
  });
}

/** A timer that delivers its event is over. A public event of the same name is not that delivery. */
function withoutTimer(timers: Situation<AnyStateMachine>['timers'], event: AnyEventObject) {
  const isDelivery = (scheduled: AnyEventObject) =>
    scheduled === event || (scheduled.type === event.type && isReservedEventType(event.type));
  return new Map([...timers].filter(([, scheduled]) => !isDelivery(scheduled)));
}

function withActor(ended: Situation<AnyStateMachine>['ended'], { type }: AnyEventObject) {
  const name = parseEventType(type);
  const hasEnded = name.kind === 'actor-done' || name.kind === 'actor-error';
  return hasEnded ? new Set([...ended, name.actorId]) : new Set(ended);
}

/** What is sent to it is never delivered: nothing is executed. */
const nobody = createEmptyActor();

interface Surroundings {
  timers: Map<string, AnyEventObject>;
  ended: Set<string>;
}

/** Listens to one macrostep: what it takes, and what it asks of its surroundings. */
function record<TMachine extends AnyStateMachine>(machine: TMachine, before: AnyMachineSnapshot | undefined) {
  const microsteps: Microstep[] = [];
  const actions: ExecutableActionObject[] = [];
  // A fresh actor and system for each step: a `systemId` can be given only once in a system.
  // It has a parent, or a machine that reports to its parent could not be walked by itself.
  const self = createEmptyActor();
  self._parent = nobody;
  let current = before;
  self.system.inspect((inspected: InspectionEvent) => {
    if (inspected.type !== '@xstate.microstep' || !isMachineSnapshot(inspected.snapshot)) return;
    const enabled = inspected._transitions;
    const taken = current === undefined || enabled.length < 2 ? enabled : withoutConflicts(enabled, current);
    current = inspected.snapshot;
    microsteps.push({
      transitions: taken.map(transitionIdOf).filter((id) => id !== undefined),
      states: activePaths(inspected.snapshot),
    });
  });
  const scope: AnyActorScope = {
    self,
    id: '',
    sessionId: '',
    system: self.system,
    logger: () => {},
    defer: () => {},
    emit: () => {},
    stopChild: () => {},
    actionExecutor: (action) => actions.push(action),
  };
  const finish = (snapshot: unknown, surroundings: Surroundings): Step<TMachine> => {
    if (!isSnapshotOf(machine, snapshot))
      throw new TypeError('the machine did not return a snapshot of its own');
    for (const action of actions) carryOut(action, surroundings);
    return { situation: { snapshot, ...surroundings }, microsteps };
  };
  return { scope, finish };
}

/** Keeps the books on timers and children, from the actions that XState would execute. */
function carryOut({ type, params }: ExecutableActionObject, { timers, ended }: Surroundings): void {
  switch (type) {
    case 'xstate.raise': {
      const event = eventOf(property(params, 'event'));
      if (typeof property(params, 'delay') !== 'number' || event === undefined) return;
      timers.set(String(property(params, 'id') ?? event.type), event);
      return;
    }
    case 'xstate.cancel':
      timers.delete(String(property(params, 'sendId')));
      return;
    case 'xstate.spawnChild':
    case 'xstate.stopChild':
      ended.delete(String(property(params, 'id')));
  }
}

function property(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

function eventOf(value: unknown): AnyEventObject | undefined {
  const type = property(value, 'type');
  return typeof value === 'object' && typeof type === 'string' ? { ...value, type } : undefined;
}
