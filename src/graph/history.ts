import type { AnyMachineSnapshot, AnyStateMachine, AnyStateNode } from 'xstate';
import { allStateNodes, childNodes, isBelow } from './stateNodes.js';

/**
 * What history states remember that can still matter: the ids of the states, by the id of the history
 * state.
 *
 * Leaving a state overwrites what its history states remember, so a history that is entered only from
 * inside the state it belongs to never shows an old memory. Were it told apart all the same, every other
 * state of the machine would count once for each memory.
 */
export function liveHistory(snapshot: AnyMachineSnapshot): { [historyId: string]: string[] } {
  const outlasting = outlastingHistories(snapshot.machine);
  return Object.fromEntries(
    Object.entries(snapshot.historyValue)
      .filter(([id]) => outlasting.has(id))
      .map(([id, nodes]) => [id, nodes.map((node) => node.id).sort()]),
  );
}

const outlastingByMachine = new WeakMap<AnyStateMachine, ReadonlySet<string>>();

/** Ids of the history states that something outside of their state leads to. */
function outlastingHistories(machine: AnyStateMachine): ReadonlySet<string> {
  const known = outlastingByMachine.get(machine);
  if (known !== undefined) return known;
  const nodes = [machine.root, ...allStateNodes(machine)];
  const found = new Set(
    nodes
      .filter((node) => node.type === 'history' && nodes.some((other) => leadsFromOutside(other, node)))
      .map(({ id }) => id),
  );
  outlastingByMachine.set(machine, found);
  return found;
}

function leadsFromOutside(source: AnyStateNode, history: AnyStateNode): boolean {
  const { parent } = history;
  if (childNodes(source).length > 0 && source.type === 'compound' && source.initial.target[0] === history) {
    return true;
  }
  if (parent === undefined || source === parent || isBelow(source, parent)) return false;
  return [...source.transitions.values(), source.always ?? []]
    .flat()
    .some(({ target }) => target?.includes(history));
}
