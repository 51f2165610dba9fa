import type { AnyStateMachine, AnyStateNode } from 'xstate';
import { actorName, describeActions } from './names.js';
import { childNodes, statePath } from './stateNodes.js';
import { type TransitionInfo, transitionsOf } from './transitions.js';

/** A state of a chart, as a picture or a document shows it. */
export interface ChartState {
  /** `(root)` for the machine itself. */
  path: string;
  /** The last name of the path; for the machine itself its id. */
  name: string;
  kind: 'atomic' | 'compound' | 'parallel' | 'final' | 'history';
  isDeepHistory: boolean;
  description: string | undefined;
  tags: readonly string[];
  /** Path of the state that is entered with this one. */
  initial: string | undefined;
  entry: string[];
  exit: string[];
  /** Names of the invoked actors. */
  invokes: string[];
  transitions: TransitionInfo[];
  children: ChartState[];
}

/** The machine as nested states, in document order. */
export function chartOf(machine: AnyStateMachine): ChartState {
  const transitions = transitionsOf(machine);
  const build = (node: AnyStateNode): ChartState => {
    const path = statePath(node);
    return {
      path,
      name: node.path.length === 0 ? machine.id : node.key,
      kind: node.type,
      isDeepHistory: node.history === 'deep',
      description: node.description,
      tags: node.tags,
      initial: node.type === 'compound' ? node.initial.target.map(statePath)[0] : undefined,
      entry: describeActions(node.entry),
      exit: describeActions(node.exit),
      invokes: node.invoke.map(actorName),
      transitions: transitions.filter(({ source }) => source === path),
      children: childNodes(node).map(build),
    };
  };
  return build(machine.root);
}

/** The state and all below it, parents before children. */
export function withDescendants(state: ChartState): ChartState[] {
  return [state, ...state.children.flatMap(withDescendants)];
}

/**
 * What to call states where space is short: the shortest end of the path that no other state shares.
 */
export function shortNames(root: ChartState): ReadonlyMap<string, string> {
  const paths = withDescendants(root).map(({ path }) => path);
  const endsWith = (path: string, end: string) => path === end || path.endsWith(`.${end}`);
  return new Map(
    paths.map((path) => {
      const names = path.split('.');
      const ends = names.map((_, index) => names.slice(names.length - 1 - index).join('.'));
      return [path, ends.find((end) => paths.filter((other) => endsWith(other, end)).length === 1) ?? path];
    }),
  );
}
