import { type InspectionEvent, isMachineSnapshot } from 'xstate';

/** What an inspector shows of an event, as one text: what was sent, what was done, what came of it. */
export function visibleText(event: InspectionEvent): string {
  return JSON.stringify(
    [
      event.type,
      'event' in event ? event.event : null,
      'action' in event ? event.action : null,
      'snapshot' in event ? snapshotParts(event.snapshot) : null,
    ],
    showErrors,
  );
}

function snapshotParts(snapshot: unknown): unknown {
  if (!isMachineSnapshot(snapshot)) return snapshot;
  // The rest of it are the chart itself and its children.
  const { value, status, context, error, output } = snapshot;
  return { value, status, context, error, output };
}

/** JSON leaves out what people read first in an error. */
function showErrors(_key: string, value: unknown): unknown {
  return value instanceof Error ? { ...value, message: value.message, stack: value.stack } : value;
}
