import fc from 'fast-check';
import { FAULT_KINDS, type FaultDeed, type FaultKind, type FaultPlan } from '../faults/faults.types.js';

export interface FaultPlanOptions {
  /** Default 5. */
  maxFaults?: number;
  /** How many messages of each direction may have one. Default 20. */
  within?: number;
  /** How many messages of each direction are left alone at the start: the handshake sends 2. Default 0. */
  spare?: number;
  /** What may happen. Default: everything. */
  kinds?: readonly FaultKind[];
  /** Milliseconds. Default 1,000. */
  longestDelay?: number;
}

/** Plans for a `FaultyTransport`. They shrink towards fewer faults, early messages and the first of the kinds. */
export function faultPlans(options: FaultPlanOptions = {}): fc.Arbitrary<FaultPlan> {
  const { maxFaults = 5, within = 20, spare = 0, kinds = FAULT_KINDS, longestDelay = 1_000 } = options;
  const place = fc.record(
    {
      on: fc.constantFrom('sent' as const, 'received' as const),
      at: fc.integer({ min: spare + 1, max: spare + within }),
      times: fc.oneof(fc.integer({ min: 1, max: 3 }), fc.constant('always' as const)),
    },
    { requiredKeys: ['on', 'at'] },
  );
  const deed = fc.oneof(...kinds.map((kind) => deedOf(kind, longestDelay)));
  return fc.array(
    fc.tuple(place, deed).map(([where, what]) => ({ ...where, ...what })),
    { maxLength: maxFaults },
  );
}

function deedOf(kind: FaultKind, longestDelay: number): fc.Arbitrary<FaultDeed> {
  switch (kind) {
    case 'delay':
      return fc.record({ do: fc.constant(kind), by: fc.integer({ min: 0, max: longestDelay }) });
    case 'duplicate':
      return fc.record({ do: fc.constant(kind), copies: fc.integer({ min: 1, max: 3 }) });
    case 'garble':
      return fc.record({
        do: fc.constant(kind),
        how: fc.constantFrom('text' as const, 'id' as const, 'body' as const),
      });
    default:
      return fc.constant({ do: kind });
  }
}
