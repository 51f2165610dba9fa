import type { AnyMachineSnapshot, AnyStateMachine, AnyStateNode, StateValue } from 'xstate';

/** What the root of a machine is called where states are called by their path. */
export const ROOT_PATH = '(root)';

/** Where a state is: `active.session.connecting`; `(root)` for the machine itself. */
export function statePath(node: AnyStateNode): string {
  return node.path.length === 0 ? ROOT_PATH : node.path.join('.');
}

/** Every state of the machine in document order, parents before children, the root left out. */
export function allStateNodes(machine: AnyStateMachine): AnyStateNode[] {
  const descend = (node: AnyStateNode): AnyStateNode[] =>
    childNodes(node).flatMap((child) => [child, ...descend(child)]);
  return descend(machine.root);
}

export function childNodes(node: AnyStateNode): AnyStateNode[] {
  return Object.values(node.states);
}

export function isBelow(node: AnyStateNode, ancestor: AnyStateNode): boolean {
  for (let parent = node.parent; parent !== undefined; parent = parent.parent) {
    if (parent === ancestor) return true;
  }
  return false;
}

/** Paths of the states that are active in a snapshot, the root left out. */
export function activePaths(snapshot: AnyMachineSnapshot): string[] {
  return snapshot._nodes.filter((node) => node.path.length > 0).map(statePath);
}

/**
 * A state value on one line: `active.queued`; the regions of a parallel state stand in parentheses,
 * `active.connected(health.healthy, probe.waiting)`.
 */
export function describeStateValue(value: StateValue): string {
  if (typeof value === 'string') return value;
  const parts = Object.entries(value).map(([key, inner]) => {
    if (inner === undefined) return key;
    const text = describeStateValue(inner);
    if (text === '') return key;
    return text.startsWith('(') ? `${key}${text}` : `${key}.${text}`;
  });
  return parts.length > 1 ? `(${parts.join(', ')})` : (parts[0] ?? '');
}

/**
 * Whether a state path matches a pattern. `a.b` is that state alone; a `*` stands for one name, and at
 * the end for everything below: `a.*`.
 */
export function matchesPath(pattern: string, path: string): boolean {
  const wanted = pattern.split('.');
  const given = path.split('.');
  const isOpen = wanted.at(-1) === '*';
  if (isOpen ? given.length < wanted.length : given.length !== wanted.length) return false;
  return wanted.every((name, index) => name === '*' || name === given[index]);
}
