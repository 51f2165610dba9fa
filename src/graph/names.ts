import type { AnyStateNode } from 'xstate';
import { describeEventType, type EventNaming, isReservedEventType } from '../eventNames.js';
import { statePath } from './stateNodes.js';

/** A guard as people read it; the combinations of XState's `and`, `or`, `not` and `stateIn` included. */
export function describeGuard(guard: unknown): string | undefined {
  if (guard === undefined || guard === null) return undefined;
  if (typeof guard === 'string') return guard;
  if (typeof guard === 'function') {
    const operands: unknown = Reflect.get(guard, 'guards');
    if (Array.isArray(operands)) return describeCombination(guard.name, operands.map(operandName));
    return guard.name === '' || guard.name === 'guard' ? '(inline)' : guard.name;
  }
  if (typeof guard === 'object' && 'type' in guard) return String(guard.type);
  return '(inline)';
}

function operandName(guard: unknown): string {
  return describeGuard(guard) ?? '(inline)';
}

function describeCombination(operator: string, operands: string[]): string {
  if (operator === 'not') return `not ${operands.join('')}`;
  return `(${operands.join(` ${operator} `)})`;
}

/** An action as people read it. Actions that XState makes up for its own use have none. */
export function describeAction(action: unknown): string | undefined {
  if (typeof action === 'string') return action;
  if (typeof action === 'function') {
    const type: unknown = Reflect.get(action, 'type');
    if (typeof type === 'string')
      return isTimerAction(action, type) ? undefined : type.replace('xstate.', '');
    return action.name === '' || action.name === 'actions' || action.name === 'entry'
      ? '(inline)'
      : action.name;
  }
  if (typeof action === 'object' && action !== null && 'type' in action) return String(action.type);
  return '(inline)';
}

/** XState writes each `after` as a delayed raise on entry and a cancel on exit. */
function isTimerAction(action: object, type: string): boolean {
  const id: unknown = Reflect.get(action, type === 'xstate.cancel' ? 'sendId' : 'id');
  return typeof id === 'string' && id.startsWith('xstate.after.');
}

export function describeActions(actions: readonly unknown[]): string[] {
  return actions.map(describeAction).filter((name) => name !== undefined);
}

/** What an actor is called that nobody gave a name. */
export const UNNAMED_ACTOR = '(inline)';

/**
 * What an invoked or spawned actor is called: its source's name, or its id where the source has none. The ids
 * that XState counts up are no names: they differ each time.
 */
export function actorName({ id, src }: { id: string; src: unknown }): string {
  if (typeof src === 'string' && !isReservedEventType(src)) return src;
  return /^x:\d+$/.test(id) ? UNNAMED_ACTOR : id;
}

/** How the events that a state handles are called. */
export function eventNaming(node: AnyStateNode): EventNaming {
  return {
    stateId: node.id,
    actorName: (actorId) => {
      const invocation = node.invoke.find(({ id }) => id === actorId);
      return invocation === undefined ? actorId : actorName(invocation);
    },
    stateName: (stateId) => (stateId === node.id ? statePath(node) : stateId),
  };
}

export function describeEventAt(node: AnyStateNode, type: string): string {
  return describeEventType(type, eventNaming(node));
}
