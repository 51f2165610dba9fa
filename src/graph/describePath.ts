import type { AnyEventObject, AnyStateMachine } from 'xstate';
import { describeEventType, type EventNaming, isReservedEventType } from '../eventNames.js';
import { actorName } from './names.js';
import type { MachinePath } from './paths.js';
import { stableText } from './serialize.js';
import { allStateNodes, describeStateValue } from './stateNodes.js';

const LONGEST_PAYLOAD = 80;

/**
 * A path as a story, one line for each event:
 *
 *     disconnected (input: defaults)
 *     connection.connect → active.queued
 *     done turn → active.session.connecting.transportSetup
 */
export function describePath<TMachine extends AnyStateMachine>({
  input,
  start,
  steps,
}: MachinePath<TMachine>): string {
  const naming = namingOf(start.snapshot.machine);
  const lines = steps.map(({ event, stateValue }) => {
    return `${describeEvent(event, naming)} → ${describeStateValue(stateValue)}`;
  });
  return [`${describeStateValue(start.stateValue)} (input: ${input})`, ...lines].join('\n');
}

/** An event on one line: its name as people read it, then what it carries. */
export function describeEvent(event: AnyEventObject, naming?: EventNaming): string {
  const { type, actorId: _, ...payload } = event;
  const name = describeEventType(type, naming);
  const carried = isReservedEventType(type) ? Object.values(payload)[0] : payload;
  const text = carried === undefined ? '' : stableText(carried instanceof Error ? carried.message : carried);
  if (text === '' || text === '{}') return name;
  return `${name} ${text.length > LONGEST_PAYLOAD ? `${text.slice(0, LONGEST_PAYLOAD - 1)}…` : text}`;
}

/** How the events of a machine are called. */
export function namingOf(machine: AnyStateMachine): EventNaming {
  const names = new Map(
    allStateNodes(machine).flatMap(({ invoke }) =>
      invoke.map((invocation) => [invocation.id, actorName(invocation)]),
    ),
  );
  return { actorName: (id) => names.get(id) ?? id };
}
