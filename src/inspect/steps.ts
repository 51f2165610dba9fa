import { type AnyMachineSnapshot, type InspectionEvent, isMachineSnapshot } from 'xstate';
import { withoutConflicts } from '../graph/conflicts.js';
import { transitionIdOf, transitionsOf } from '../graph/transitions.js';
import type { TransitionTaken } from './frames.types.js';

type Step = Pick<TransitionTaken, 'event' | 'source' | 'targets'>;

/**
 * Follows one chart: the transitions that it really takes, raised ones and those without an event included.
 *
 * @param start where it is now
 */
export function followSteps(start: AnyMachineSnapshot): (event: InspectionEvent) => readonly Step[] {
  let before = start;
  return (event) => {
    if (!('snapshot' in event) || !isMachineSnapshot(event.snapshot)) return [];
    const taken = event.type === '@xstate.microstep' ? withoutConflicts(event._transitions, before) : [];
    before = event.snapshot;
    const ids = new Set(taken.map(transitionIdOf));
    return transitionsOf(before.machine)
      .filter(({ id }) => ids.has(id))
      .map(({ label, source, targets }) => ({ event: label, source, targets }));
  };
}
