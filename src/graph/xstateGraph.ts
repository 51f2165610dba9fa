/**
 * The only file that knows `@xstate/graph`. The same code lives on as `xstate/graph`; to move there,
 * change the import below.
 */
import { getAdjacencyMap } from '@xstate/graph';
import type { AnyEventObject, Snapshot } from 'xstate';
import { stableText } from './serialize.js';

export interface Traversal<TState> {
  initial: TState;
  next(state: TState, event: AnyEventObject): TState;
  /** Called once for each state that is found. */
  events(state: TState): readonly AnyEventObject[];
  /** States with the same text are one state. */
  serialize(state: TState): string;
}

export interface TraversedEdge<TState> {
  event: AnyEventObject;
  /** The state the event led to; it may differ from the one that stands for its key. */
  state: TState;
  targetKey: string;
}

export interface TraversedNode<TState> {
  key: string;
  /** The first state found with this key. */
  state: TState;
  edges: TraversedEdge<TState>[];
}

/** Every state that can be reached, breadth first, with every event's outcome. */
export function traverse<TState extends object>(traversal: Traversal<TState>): TraversedNode<TState>[] {
  type Wrapped = Snapshot<undefined> & { readonly state: TState };
  type Outcome = { event: AnyEventObject; state: Wrapped };
  const wrap = (state: TState): Wrapped => ({ status: 'active', output: undefined, error: undefined, state });
  const keys = new WeakMap<TState, string>();
  const keyOf = (state: TState) => {
    const key = keys.get(state) ?? traversal.serialize(state);
    keys.set(state, key);
    return key;
  };
  // `events` must be a function: the traversal takes a list in place of what it would find itself. The
  // option `filterEvents` is not used, because it is ignored.
  const adjacency = getAdjacencyMap<Wrapped, AnyEventObject, undefined>(
    {
      transition: ({ state }, event) => wrap(traversal.next(state, event)),
      getInitialSnapshot: () => wrap(traversal.initial),
      getPersistedSnapshot: (snapshot) => snapshot,
    },
    {
      events: ({ state }) => traversal.events(state),
      serializeState: ({ state }) => keyOf(state),
      serializeEvent: stableText,
    },
  );
  return Object.entries(adjacency).map(
    ([
      key,
      {
        state: { state },
        transitions,
      },
    ]) => ({
      key,
      state,
      edges: Object.values<Outcome>(transitions).map(({ event, state: { state: target } }) => ({
        event,
        state: target,
        targetKey: keyOf(target),
      })),
    }),
  );
}
