import type { Direction, FaultPlan, TransportFault } from './faults.types.js';

/** Counts messages, and finds the fault that each has. */
export class DueFaults {
  /** Each fault with the messages so far that could have had it. */
  readonly #counted: { readonly fault: TransportFault; seen: number }[];

  constructor(plan: FaultPlan) {
    this.#counted = plan.map((fault) => ({ fault, seen: 0 }));
  }

  /** The fault of the next message of this direction and method. */
  next(on: Direction, method: string | null): TransportFault | undefined {
    const fitting = this.#counted.filter(
      ({ fault }) => fault.on === on && (fault.method === undefined || fault.method === method),
    );
    // Each of them counts the message, also where another one comes first.
    for (const counted of fitting) counted.seen += 1;
    return fitting.find(({ fault: { at, times = 1 }, seen }) => {
      return seen >= at && (times === 'always' || seen < at + times);
    })?.fault;
  }
}
