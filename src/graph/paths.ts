import type { AnyEventObject, AnyStateMachine, StateValue } from 'xstate';
import type { GraphEdge, GraphNode, GraphStart, StateGraph } from './explore.js';
import type { SnapshotOf } from './snapshots.js';
import { activePaths, allStateNodes, describeStateValue, matchesPath, statePath } from './stateNodes.js';
import type { Microstep } from './step.js';

export interface PathStep<TMachine extends AnyStateMachine> {
  readonly event: AnyEventObject;
  /** After the event. */
  readonly stateValue: StateValue;
  readonly snapshot: SnapshotOf<TMachine>;
  readonly microsteps: readonly Microstep[];
}

/** A walk from the start: what happens, and where the machine is after each event. */
export interface MachinePath<TMachine extends AnyStateMachine> {
  /** Name of the input. */
  readonly input: string;
  readonly start: Omit<PathStep<TMachine>, 'event'>;
  readonly steps: readonly PathStep<TMachine>[];
}

export interface EdgeCoverage {
  /**
   * `edges` (default): every edge whose event is taken. `transitions`: only as many as it takes to walk
   * every transition that the graph can. `values`: also from every state value that they can be taken
   * from, and into every one. `all`: the edges of ignored events too.
   */
  cover?: 'edges' | 'transitions' | 'values' | 'all';
  /** Paths beyond which it gives up. Default 50 000. */
  limit?: number;
}

const DEFAULT_LIMIT = 50_000;

/**
 * Paths that together take the edges of the graph: for each edge a shortest path to its source, then the
 * edge. A path that begins a longer one is left out.
 *
 * @throws Error when there is no edge to cover, or beyond `limit` paths
 */
export function edgeCoveringPaths<TMachine extends AnyStateMachine>(
  graph: StateGraph<TMachine>,
  { cover = 'edges', limit = DEFAULT_LIMIT }: EdgeCoverage = {},
): MachinePath<TMachine>[] {
  const wanted = selectEdges(graph, cover);
  if (wanted.length === 0) throw new Error(`the graph of '${graph.machine.id}' has no edge to cover`);
  // Paths share their beginnings, because each state is always reached in the same way: so a path begins
  // a longer one exactly when its last edge lies on the way to another's source.
  const passed = new Set(wanted.flatMap(({ source }) => wayTo(source)));
  const last = wanted.filter((edge) => !passed.has(edge));
  if (last.length > limit) throw new Error(`${last.length} paths are more than the limit of ${limit}`);
  return last.map((edge) => toPath(graph, [...wayTo(edge.source), edge], edge.source.input));
}

function selectEdges<TMachine extends AnyStateMachine>(
  { edges }: StateGraph<TMachine>,
  cover: NonNullable<EdgeCoverage['cover']>,
): GraphEdge<TMachine>[] {
  if (cover === 'all') return [...edges];
  const taken = edges.filter((edge) => transitionsIn(edge).length > 0);
  if (cover === 'edges') return taken;
  const walked = new Set<string>();
  const items = cover === 'values' ? valuesIn : transitionsIn;
  return taken.filter((edge) => {
    const fresh = items(edge).filter((id) => !walked.has(id));
    for (const id of fresh) walked.add(id);
    return fresh.length > 0;
  });
}

function transitionsIn({ microsteps }: Pick<GraphEdge<AnyStateMachine>, 'microsteps'>): string[] {
  return microsteps.flatMap(({ transitions }) => transitions);
}

/** The edge as it looks to someone who sees state values only. */
function valuesIn<TMachine extends AnyStateMachine>(edge: GraphEdge<TMachine>): string[] {
  const [from, to] = [edge.source.snapshot.value, edge.snapshot.value].map(describeStateValue);
  return [`${from} ${transitionsIn(edge).join()} ${to}`];
}

/** A pattern of state paths, as `active.connected` or `active.*`, or a test of snapshots. */
export type Target<TMachine extends AnyStateMachine> = string | ((snapshot: SnapshotOf<TMachine>) => boolean);

/**
 * A shortest path to a state, at rest there.
 *
 * @returns undefined when no reachable state is like that
 * @throws Error when the machine has no state that matches the pattern
 */
export function shortestStoryTo<TMachine extends AnyStateMachine>(
  graph: StateGraph<TMachine>,
  target: Target<TMachine>,
): MachinePath<TMachine> | undefined {
  const isThere = testOf(graph.machine, target);
  const [nearest] = graph.nodes
    .filter(({ snapshot }) => isThere(snapshot))
    .sort((left, right) => left.depth - right.depth);
  return nearest && toPath(graph, wayTo(nearest), nearest.input);
}

/** A way into a state, and a shortest path that ends with it. */
export interface Story<TMachine extends AnyStateMachine> {
  /** Ids of the transitions that enter the state, as in `transitionsOf`. Empty where the machine starts there. */
  readonly transitions: readonly string[];
  readonly path: MachinePath<TMachine>;
}

/**
 * Every way into a state, each with a shortest path that ends with it; the shortest first. So it answers
 * how a machine can come to be there: one story for each reason, not for each occasion. Of several inputs
 * the first one counts that has such a path. A state that is left at once, by an `always`, is found too
 * where a pattern asks for it.
 *
 * @returns nothing when no reachable state is like that
 * @throws Error when the machine has no state that matches the pattern
 */
export function storiesTo<TMachine extends AnyStateMachine>(
  graph: StateGraph<TMachine>,
  target: Target<TMachine>,
): Story<TMachine>[] {
  const isThere = testOf(graph.machine, target);
  const stories = new Map<string, Story<TMachine>>();
  const keep = (transitions: readonly string[], path: MachinePath<TMachine>) => {
    const key = transitions.join('\n');
    if (isBetter(path.input, path.steps.length, stories.get(key))) stories.set(key, { transitions, path });
  };
  for (const { input, node, microsteps } of graph.starts) {
    const entering = isThere(node.snapshot)
      ? []
      : enteringTransitions({ snapshot: node.snapshot, microsteps }, target, isThere);
    if (entering !== undefined) keep(entering, toPath(graph, [], input));
  }
  for (const edge of graph.edges) {
    if (isThere(edge.source.snapshot)) continue;
    const entering = enteringTransitions(edge, target, isThere);
    if (entering === undefined) continue;
    const { input, depth } = edge.source;
    // Most are not worth a path.
    if (!isBetter(input, depth + 1, stories.get(entering.join('\n')))) continue;
    keep(entering, toPath(graph, [...wayTo(edge.source), edge], input));
  }
  return [...stories.values()].sort((one, other) => one.path.steps.length - other.path.steps.length);
}

/** An input that comes first is more telling than one that is shorter. */
function isBetter(input: string, length: number, known: Story<AnyStateMachine> | undefined): boolean {
  return known === undefined || (known.path.input === input && length < known.path.steps.length);
}

/** The transitions of the microstep that enters the state; undefined where none does. */
function enteringTransitions<TMachine extends AnyStateMachine>(
  { snapshot, microsteps }: Pick<GraphEdge<TMachine>, 'snapshot' | 'microsteps'>,
  target: Target<TMachine>,
  isThere: (snapshot: SnapshotOf<TMachine>) => boolean,
): readonly string[] | undefined {
  // A test sees where the event has led in the end, a pattern all that it led through.
  if (typeof target === 'function') {
    return isThere(snapshot) ? (microsteps.at(-1)?.transitions ?? []) : undefined;
  }
  const entering = microsteps.find(({ states }) => states.some((path) => matchesPath(target, path)));
  return entering?.transitions;
}

function testOf<TMachine extends AnyStateMachine>(machine: TMachine, target: Target<TMachine>) {
  if (typeof target === 'function') return target;
  const paths = allStateNodes(machine).map(statePath);
  if (!paths.some((path) => matchesPath(target, path))) {
    throw new Error(`'${machine.id}' has no state '${target}'; it has ${paths.join(', ')}`);
  }
  return (snapshot: SnapshotOf<TMachine>) => activePaths(snapshot).some((path) => matchesPath(target, path));
}

/** The edges of a shortest way to a state. */
function wayTo<TMachine extends AnyStateMachine>(node: GraphNode<TMachine>): GraphEdge<TMachine>[] {
  const way: GraphEdge<TMachine>[] = [];
  for (let edge = node.via; edge !== undefined; edge = edge.source.via) way.push(edge);
  return way.reverse();
}

function toPath<TMachine extends AnyStateMachine>(
  graph: StateGraph<TMachine>,
  edges: readonly GraphEdge<TMachine>[],
  input: string,
): MachinePath<TMachine> {
  const { node, microsteps } = startOf(graph, input);
  return {
    input,
    start: { stateValue: node.snapshot.value, snapshot: node.snapshot, microsteps },
    steps: edges.map(({ event, snapshot, microsteps }) => ({
      event,
      stateValue: snapshot.value,
      snapshot,
      microsteps,
    })),
  };
}

function startOf<TMachine extends AnyStateMachine>(
  { starts }: StateGraph<TMachine>,
  name: string,
): GraphStart<TMachine> {
  const start = starts.find(({ input }) => input === name);
  if (start === undefined) throw new Error('the edge is not of this graph');
  return start;
}
