import type { AnyStateMachine } from 'xstate';
import { allStateNodes, statePath } from './stateNodes.js';

/** What a name of a state means in a machine. */
export type FoundState =
  | { kind: 'found'; path: string }
  | { kind: 'ambiguous'; paths: readonly string[] }
  | { kind: 'unknown'; paths: readonly string[] };

/**
 * The state that is called so: by its path, or by an end of it that no other state has, such as
 * `health.degraded`. Capital letters are no difference.
 */
export function findState(machine: AnyStateMachine, name: string): FoundState {
  const paths = allStateNodes(machine)
    .filter(({ type }) => type !== 'history')
    .map(statePath);
  const wanted = name.toLowerCase();
  const exact = paths.find((path) => path === name) ?? paths.find((path) => path.toLowerCase() === wanted);
  if (exact !== undefined) return { kind: 'found', path: exact };
  const ending = paths.filter((path) => path.toLowerCase().endsWith(`.${wanted}`));
  const [first] = ending;
  if (first === undefined) return { kind: 'unknown', paths };
  return ending.length === 1 ? { kind: 'found', path: first } : { kind: 'ambiguous', paths: ending };
}
