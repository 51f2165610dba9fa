import type { AnyEventObject, AnyStateMachine, InputFrom } from 'xstate';
import { type ActorFixtures, type EventFixtures, possibleEvents } from './fixtures.js';
import { liveHistory } from './history.js';
import { assertReady } from './readiness.js';
import { stableText } from './serialize.js';
import type { SnapshotOf } from './snapshots.js';
import { describeStateValue } from './stateNodes.js';
import { firstStep, type Microstep, nextStep, type Situation, type Step } from './step.js';
import { traverse } from './xstateGraph.js';

export interface ExploreOptions<TMachine extends AnyStateMachine> {
  /** What the machine is started with, by a name for each. A machine that takes no input: `{ none: undefined }`. */
  inputs: { readonly [name: string]: InputFrom<TMachine> };
  events: EventFixtures<TMachine>;
  actors: ActorFixtures<TMachine>;
  /**
   * What of a snapshot counts beside its state value, as plain data; default is the whole context. Map
   * counters to zero, below and at their limit here, or the states explode.
   */
  serialize?: (snapshot: SnapshotOf<TMachine>) => unknown;
  /** States for each input, beyond which the walk gives up. Default 20 000. */
  limit?: number;
}

/** A reachable state, and how it was found first. */
export interface GraphNode<TMachine extends AnyStateMachine> {
  /** Unique in the graph. */
  readonly key: string;
  /** Name of the input. */
  readonly input: string;
  readonly situation: Situation<TMachine>;
  readonly snapshot: SnapshotOf<TMachine>;
  /** Events on a shortest way here. */
  readonly depth: number;
  /** The last edge of a shortest way here; undefined where the machine starts. */
  readonly via: GraphEdge<TMachine> | undefined;
}

/** What one event leads to from one state. */
export interface GraphEdge<TMachine extends AnyStateMachine> {
  readonly source: GraphNode<TMachine>;
  readonly event: AnyEventObject;
  readonly target: GraphNode<TMachine>;
  /** Right after this event; the target's own snapshot may differ in what `serialize` leaves out. */
  readonly snapshot: SnapshotOf<TMachine>;
  /** Empty transitions in all of them: the event was ignored. */
  readonly microsteps: readonly Microstep[];
}

export interface GraphStart<TMachine extends AnyStateMachine> {
  readonly input: string;
  readonly node: GraphNode<TMachine>;
  readonly microsteps: readonly Microstep[];
}

export interface StateGraph<TMachine extends AnyStateMachine> {
  readonly machine: TMachine;
  readonly options: ExploreOptions<TMachine>;
  readonly starts: readonly GraphStart<TMachine>[];
  readonly nodes: readonly GraphNode<TMachine>[];
  readonly edges: readonly GraphEdge<TMachine>[];
}

const DEFAULT_LIMIT = 20_000;

/**
 * Every state the machine can reach from any of the inputs, by any order of the given events, of the
 * ends of its actors and of its running timers. Guards, assignments, delays and input mappers run, and
 * must be pure; actions are not executed and actors are not started.
 *
 * @throws TypeError when an event has no cases, or the machine lacks an implementation that it names
 * @throws Error when there is no input, when the machine cannot start with one, when nothing can happen
 *   after the start, when an actor's error is handled nowhere, or beyond `limit`
 */
export function explore<TMachine extends AnyStateMachine>(
  machine: TMachine,
  options: ExploreOptions<TMachine>,
): StateGraph<TMachine> {
  assertReady(machine, options);
  const inputs = Object.entries<InputFrom<TMachine>>(options.inputs);
  if (inputs.length === 0)
    throw new Error('`inputs` is empty; name at least one, such as { none: undefined }');
  const parts = inputs.map(([name, input]) =>
    exploreInput(machine, options, name, start(machine, name, input)),
  );
  return {
    machine,
    options,
    starts: parts.map(({ start }) => start),
    nodes: parts.flatMap(({ nodes }) => nodes),
    edges: parts.flatMap(({ edges }) => edges),
  };
}

function start<TMachine extends AnyStateMachine>(
  machine: TMachine,
  name: string,
  input: InputFrom<TMachine>,
) {
  let step: Step<TMachine>;
  try {
    step = firstStep(machine, input);
  } catch (cause) {
    throw cannotStart(name, input, cause);
  }
  const { status, error } = step.situation.snapshot;
  // A context that needs an input and got none ends here, and would be a graph of one state.
  if (status === 'error') throw cannotStart(name, input, error);
  return step;
}

function cannotStart(name: string, input: unknown, cause: unknown): Error {
  const hint = input === undefined ? `; '${name}' is undefined: does its context need an input?` : '';
  return new Error(`the machine cannot start with the input '${name}': ${messageOf(cause)}${hint}`, {
    cause,
  });
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

function exploreInput<TMachine extends AnyStateMachine>(
  machine: TMachine,
  { events, actors, serialize, limit = DEFAULT_LIMIT }: ExploreOptions<TMachine>,
  input: string,
  initial: Step<TMachine>,
) {
  const contexts: object[] = [];
  const found = traverse<Step<TMachine>>({
    initial,
    next: ({ situation }, event) => {
      const step = takeStep(machine, situation, event);
      const { status, error } = step.situation.snapshot;
      if (status !== 'error') return step;
      throw new Error(
        `'${event.type}' is handled nowhere in ${describeStateValue(situation.snapshot.value)}: it would end the machine`,
        { cause: error },
      );
    },
    events: ({ situation }) => {
      if (contexts.length >= limit) {
        throw new Error(
          `more than ${limit} states with the input '${input}': serialize less, or raise the limit${mostVarious(contexts)}`,
        );
      }
      contexts.push(situation.snapshot.context);
      return possibleEvents<TMachine>(events, actors, situation);
    },
    serialize: ({ situation }) => `${input} ${situationText(situation, serialize)}`,
  });
  return connect(machine, input, found);
}

/** Which part of the context makes the states so many. */
function mostVarious(contexts: readonly object[]): string {
  const values = new Map<string, Set<string>>();
  for (const [key, value] of contexts.flatMap((context) => Object.entries(context))) {
    values.set(key, (values.get(key) ?? new Set()).add(stableText(value)));
  }
  const [most] = [...values].sort(([, one], [, other]) => other.size - one.size);
  return most === undefined || most[1].size < 3
    ? ''
    : `. context.${most[0]} alone had ${most[1].size} values`;
}

function takeStep<TMachine extends AnyStateMachine>(
  machine: TMachine,
  situation: Situation<TMachine>,
  event: AnyEventObject,
): Step<TMachine> {
  try {
    return nextStep(machine, situation, event);
  } catch (cause) {
    const where = describeStateValue(situation.snapshot.value);
    throw new Error(
      `'${event.type}' in ${where} throws: ${messageOf(cause)}. Guards, assignments, delays and inputs must not; does the fixture bring all that they read?`,
      { cause },
    );
  }
}

function situationText<TMachine extends AnyStateMachine>(
  { snapshot, timers, ended }: Situation<TMachine>,
  serialize: ExploreOptions<TMachine>['serialize'],
): string {
  const history = liveHistory(snapshot);
  return stableText({
    value: snapshot.value,
    status: snapshot.status === 'active' ? undefined : snapshot.status,
    context: serialize === undefined ? snapshot.context : serialize(snapshot),
    history: Object.keys(history).length === 0 ? undefined : history,
    timers: [...timers.keys()].sort(),
    ended: [...ended].sort(),
  });
}

/** Turns what was traversed into nodes that know how they were found, and edges between them. */
function connect<TMachine extends AnyStateMachine>(
  machine: TMachine,
  input: string,
  found: ReturnType<typeof traverse<Step<TMachine>>>,
) {
  const [first] = found;
  if (first === undefined || first.edges.length === 0) {
    throw new Error(`'${machine.id}' has nothing to do with the input '${input}': no event is possible`);
  }
  const nodes = new Map<string, Unlinked<GraphNode<TMachine>>>();
  const edges: GraphEdge<TMachine>[] = [];
  for (const { key, state } of found) {
    const { situation } = state;
    nodes.set(key, { key, input, situation, snapshot: situation.snapshot, depth: 0, via: undefined });
  }
  const start = existing(nodes, first.key);
  for (const { key, edges: outgoing } of found) {
    const source = existing(nodes, key);
    for (const { event, state, targetKey } of outgoing) {
      const target = existing(nodes, targetKey);
      const edge = {
        source,
        event,
        target,
        snapshot: state.situation.snapshot,
        microsteps: state.microsteps,
      };
      edges.push(edge);
      // The traversal is breadth first: the first edge that leads to a state ends a shortest way to it.
      if (target !== start && target.via === undefined) {
        target.via = edge;
        target.depth = source.depth + 1;
      }
    }
  }
  return {
    start: { input, node: start, microsteps: first.state.microsteps },
    nodes: [...nodes.values()],
    edges,
  };
}

type Unlinked<TNode> = { -readonly [Key in keyof TNode]: TNode[Key] };

function existing<TNode>(nodes: ReadonlyMap<string, TNode>, key: string): TNode {
  const node = nodes.get(key);
  if (node === undefined) throw new Error(`the traversal names a state it did not visit: ${key}`);
  return node;
}
