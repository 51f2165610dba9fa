/**
 * XState's names for events that the chart did not name itself, in the words of the chart: the one
 * place that knows how they are spelled.
 */

/** What brought a change about: an event of the chart, or `after probeTimeout`, `done release`, `error turn`. */
export function causeOf(eventType: string): string {
  const after = /^xstate\.after\.([^.]+)\./.exec(eventType);
  if (after) return `after ${after[1]}`;
  const actor = /^xstate\.(done|error)\.actor\.(.+)$/.exec(eventType);
  if (actor) return `${actor[1]} ${actor[2]}`;
  return eventType;
}
