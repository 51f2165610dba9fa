import type { AnyActorRef, AnyEventObject } from 'xstate';
import { parseEventType } from '../../src/graph/index.js';
import type { SteppingClock } from '../../src/testing/steppingClock.js';

/** Whether a step of a path is a timer that runs out. */
export function isTimeout(event: AnyEventObject): boolean {
  return parseEventType(event.type).kind === 'after';
}

/**
 * Lets the timer that sends this event run out, whatever else is due before it.
 *
 * @throws Error when no such timer is running
 */
export function fireTimer(actor: AnyActorRef, clock: SteppingClock, type: string): void {
  const scheduled = Object.values(actor.system.getSnapshot()._scheduledEvents);
  const timer = scheduled.find(({ event, source }) => event.type === type && source === actor);
  if (timer === undefined) throw new Error(`no timer of '${type}' is running`);
  clock.fire(timer.delay);
}
