import type { AnyMachineSnapshot, AnyStateNode, AnyTransitionDefinition } from 'xstate';
import { isBelow } from './stateNodes.js';

/**
 * The transitions of a microstep that are really taken. XState reports every enabled one; where two
 * regions of a parallel state answer the same event and would leave the same states, SCXML takes the
 * inner one, else the first, and XState drops the others after it has reported them.
 */
export function withoutConflicts(
  enabled: readonly AnyTransitionDefinition[],
  before: AnyMachineSnapshot,
): AnyTransitionDefinition[] {
  const taken = new Set<AnyTransitionDefinition>();
  for (const candidate of enabled) {
    const leaves = exitSet(candidate, before);
    const rivals = [...taken].filter((other) => exitSet(other, before).some((node) => leaves.includes(node)));
    if (rivals.every((rival) => isBelow(candidate.source, rival.source))) {
      for (const rival of rivals) taken.delete(rival);
      taken.add(candidate);
    }
  }
  return [...taken];
}

/** The active states that a transition would leave. */
function exitSet(transition: AnyTransitionDefinition, before: AnyMachineSnapshot): AnyStateNode[] {
  if (transition.target === undefined || transition.target.length === 0) return [];
  const domain = transitionDomain(transition, before);
  return before._nodes.filter(
    (node) =>
      domain === undefined ||
      isBelow(node, domain) ||
      (transition.reenter && node === domain && domain === transition.source),
  );
}

/** The innermost state that the transition does not leave; undefined when it leaves even the root. */
function transitionDomain(
  { source, target = [], reenter }: AnyTransitionDefinition,
  before: AnyMachineSnapshot,
): AnyStateNode | undefined {
  const targets = target.flatMap((node) => effectiveTargets(node, before));
  if (!reenter && targets.every((node) => node === source || isBelow(node, source))) return source;
  for (let ancestor = source.parent; ancestor !== undefined; ancestor = ancestor.parent) {
    const candidate: AnyStateNode = ancestor;
    if (targets.every((node) => isBelow(node, candidate))) return candidate;
  }
  return reenter ? undefined : source.machine.root;
}

/** A history state stands for what it remembers, or else for its default. */
function effectiveTargets(node: AnyStateNode, before: AnyMachineSnapshot): readonly AnyStateNode[] {
  if (node.type !== 'history') return [node];
  const remembered = before.historyValue[node.id];
  if (remembered !== undefined) return remembered;
  // Its default, written or not, is another state below the same parent.
  return node.parent === undefined ? [] : Object.values(node.parent.states).slice(0, 1);
}
