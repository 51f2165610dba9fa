import type { AnyStateMachine, AnyStateNode, AnyTransitionDefinition } from 'xstate';
import { type EventName, parseEventType } from '../eventNames.js';
import { describeActions, describeEventAt, describeGuard } from './names.js';
import { allStateNodes, statePath } from './stateNodes.js';

/** One transition as the chart defines it. */
export interface TransitionInfo {
  /**
   * Stable as long as source, event, order, guard and targets are:
   * `active.releasing: done release #3 [isExhausted] -> failed`.
   */
  id: string;
  /** Path of the state that defines it; `(root)` for the machine itself. */
  source: string;
  kind: EventName['kind'];
  /** The event's descriptor as XState names it; empty for `always`. */
  eventType: string;
  /** The event as people read it: `session.lost`, `after connectTimeout`, `done release`, `always`. */
  label: string;
  /** Position among the transitions of the same source and event. */
  index: number;
  guard: string | undefined;
  /** Paths of the targets; empty for a transition that stays where it is. */
  targets: string[];
  actions: string[];
  reenter: boolean;
  /** It has neither target nor actions: the event is refused here, on purpose. */
  isForbidden: boolean;
  description: string | undefined;
}

interface Inventory {
  list: readonly TransitionInfo[];
  ids: ReadonlyMap<AnyTransitionDefinition, string>;
}

const inventories = new WeakMap<AnyStateMachine, Inventory>();

/** Every transition definition of the machine, in document order; initial transitions are not among them. */
export function transitionsOf(machine: AnyStateMachine): readonly TransitionInfo[] {
  return inventoryOf(machine).list;
}

/** The id under which `transitionsOf` lists a definition, also after `machine.provide(…)`. */
export function transitionIdOf(definition: AnyTransitionDefinition): string | undefined {
  return inventoryOf(definition.source.machine).ids.get(definition);
}

function inventoryOf(machine: AnyStateMachine): Inventory {
  const known = inventories.get(machine);
  if (known !== undefined) return known;
  const ids = new Map<AnyTransitionDefinition, string>();
  const list: TransitionInfo[] = [];
  const taken = new Set<string>();
  for (const node of [machine.root, ...allStateNodes(machine)]) {
    for (const [eventType, definitions] of definitionsOf(node)) {
      definitions.forEach((definition, index) => {
        const info = describeTransition(node, eventType, definition, index);
        // Two events may read the same, such as a delay called "200 ms" and one of 200.
        if (taken.has(info.id)) info.id = `${info.id} (${eventType})`;
        taken.add(info.id);
        ids.set(definition, info.id);
        list.push(info);
      });
    }
  }
  const inventory = { list, ids };
  inventories.set(machine, inventory);
  return inventory;
}

function definitionsOf(node: AnyStateNode): [string, readonly AnyTransitionDefinition[]][] {
  const always: [string, readonly AnyTransitionDefinition[]][] =
    node.always === undefined ? [] : [['', node.always]];
  return [...always, ...node.transitions];
}

function describeTransition(
  node: AnyStateNode,
  eventType: string,
  definition: AnyTransitionDefinition,
  index: number,
): TransitionInfo {
  const source = statePath(node);
  const label = describeEventAt(node, eventType);
  const guard = describeGuard(definition.guard);
  const targets = (definition.target ?? []).map(statePath);
  const guardPart = guard === undefined ? '' : ` [${guard}]`;
  const targetPart = targets.length === 0 ? '' : ` -> ${targets.join(', ')}`;
  return {
    id: `${source}: ${label} #${index}${guardPart}${targetPart}`,
    source,
    kind: parseEventType(eventType, node.id).kind,
    eventType,
    label,
    index,
    guard,
    targets,
    actions: describeActions(definition.actions),
    reenter: definition.reenter,
    isForbidden: definition.target === undefined && definition.actions.length === 0,
    description: definition.description,
  };
}
