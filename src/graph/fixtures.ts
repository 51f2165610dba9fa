import type {
  AnyActorRef,
  AnyEventObject,
  AnyMachineSnapshot,
  AnyStateMachine,
  EventFromLogic,
  OutputFrom,
  StateMachine,
} from 'xstate';
import { actorDoneEventType, actorErrorEventType, actorSnapshotEventType } from '../eventNames.js';
import { actorName, UNNAMED_ACTOR } from './names.js';
import { assertTyped } from './readiness.js';
import { stableText } from './serialize.js';
import type { SnapshotOf } from './snapshots.js';
import type { Situation } from './step.js';

/** The cases of one event, always the same or made for the snapshot at hand. An empty list: never sent. */
export type Cases<TCase, TSnapshot> = readonly TCase[] | ((snapshot: TSnapshot) => readonly TCase[]);

/**
 * For every event of the machine the cases a walk tries. An event that gets no entry does not compile;
 * one that only the machine raises itself gets `[]`.
 */
export type EventFixtures<TMachine extends AnyStateMachine> = {
  readonly [Type in EventFromLogic<TMachine>['type']]: Cases<
    EventOfType<EventFromLogic<TMachine>, Type>,
    SnapshotOf<TMachine>
  >;
};

type EventOfType<TEvent, Type> = TEvent extends { type: infer Own }
  ? Type extends Own
    ? TEvent & { type: Type }
    : never
  : never;

/** How an actor may end: what it returns and what it throws. */
export interface ActorCases<TOutput, TSnapshot> {
  readonly outputs: Cases<TOutput, TSnapshot>;
  readonly errors: Cases<unknown, TSnapshot>;
  /** What it says of itself while it runs, where the machine listens with `onSnapshot`. Default none. */
  readonly snapshots?: Cases<unknown, TSnapshot> | undefined;
}

/** For every actor of the machine, by the name of its source, how it may end. */
export type ActorFixtures<TMachine extends AnyStateMachine> = {
  readonly [Source in ActorsOf<TMachine>['src']]: ActorCases<
    OutputFrom<Extract<ActorsOf<TMachine>, { src: Source }>['logic']>,
    SnapshotOf<TMachine>
  >;
};

type ActorsOf<TMachine> =
  TMachine extends StateMachine<
    infer _Context,
    infer _Event,
    infer _Children,
    infer Actor,
    infer _Action,
    infer _Guard,
    infer _Delay,
    infer _StateValue,
    infer _Tag,
    infer _Input,
    infer _Output,
    infer _Emitted,
    infer _StateMeta,
    infer _StateSchema
    // 5.33 added a parameter that defaults to the type of the states' meta.
  >
    ? Actor
    : never;

/** The cases of the machine's own events, in the order of the fixtures. */
export function publicEvents<TMachine extends AnyStateMachine>(
  fixtures: EventFixtures<TMachine>,
  snapshot: SnapshotOf<TMachine>,
): AnyEventObject[] {
  return Object.entries<Cases<AnyEventObject, SnapshotOf<TMachine>>>(fixtures).flatMap(([type, cases]) => {
    const made = casesFor(cases, snapshot);
    for (const each of made) assertTyped(type, each);
    return made;
  });
}

/**
 * Every event that can happen next: the machine's own, the end of each running actor, and each running
 * timer. A timer that fired and an actor that ended do not come again.
 *
 * @throws Error when a running actor has no fixture, when two cases cannot be told apart, or when one is not
 *   of the type that it is listed under
 */
export function possibleEvents<TMachine extends AnyStateMachine>(
  events: EventFixtures<TMachine>,
  actors: ActorFixtures<TMachine>,
  situation: Situation<TMachine>,
): AnyEventObject[] {
  const { snapshot, timers } = situation;
  if (snapshot.status !== 'active') return [];
  const offered = [
    ...publicEvents(events, snapshot),
    ...actorEvents<TMachine>(actors, situation),
    ...timers.values(),
  ];
  assertDistinct(offered);
  return offered;
}

function actorEvents<TMachine extends AnyStateMachine>(
  actors: ActorFixtures<TMachine>,
  { snapshot, ended }: Situation<TMachine>,
): AnyEventObject[] {
  const byName = new Map(Object.entries<ActorCases<unknown, SnapshotOf<TMachine>>>(actors));
  return runningActors(snapshot, ended).flatMap(({ id, name }) => {
    const cases = byName.get(name);
    if (cases === undefined) throw new Error(withoutEntry(name));
    return [
      ...casesFor(cases.snapshots ?? [], snapshot).map((said) => ({
        type: actorSnapshotEventType(id),
        snapshot: said,
      })),
      ...casesFor(cases.outputs, snapshot).map((output) => ({
        type: actorDoneEventType(id),
        output,
        actorId: id,
      })),
      ...casesFor(cases.errors, snapshot).map((error) => ({
        type: actorErrorEventType(id),
        error,
        actorId: id,
      })),
    ];
  });
}

function withoutEntry(name: string): string {
  const hint = name === UNNAMED_ACTOR ? ', or name it in setup({ actors })' : '';
  return `the actor '${name}' is running and has no entry in \`actors\`; say how it may end, such as '${name}': { outputs: [], errors: [] }${hint}`;
}

function runningActors(snapshot: AnyMachineSnapshot, ended: ReadonlySet<string>) {
  return Object.entries<AnyActorRef | undefined>(snapshot.children).flatMap(([id, child]) =>
    child === undefined || ended.has(id) ? [] : [{ id, name: actorName({ id, src: child.src }) }],
  );
}

function casesFor<TCase, TSnapshot>(cases: Cases<TCase, TSnapshot>, snapshot: TSnapshot): readonly TCase[] {
  return typeof cases === 'function' ? cases(snapshot) : cases;
}

/** Edges are told apart by their events' text: of two equal ones, one would be lost without a word. */
function assertDistinct(events: readonly AnyEventObject[]): void {
  const texts = new Set<string>();
  for (const event of events) {
    const text = stableText(event);
    if (texts.has(text)) throw new Error(`two cases of '${event.type}' cannot be told apart: ${text}`);
    texts.add(text);
  }
}
