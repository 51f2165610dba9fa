import { checkFields, checkStrings } from '../../connection/checks.js';
import { ConfigError } from '../../errors.js';
import { seededRandom } from '../seededRandom.js';
import { FAULT_KINDS, type FaultKind, type FaultPlan, type TransportFault } from './faults.types.js';

export interface SeededPlanOptions {
  /** A whole number. The same seed and options make the same plan, in every version of Node. */
  seed: number;
  /** How many faults. Default 3. */
  faults?: number;
  /** How many messages of each direction may have one. Default 20. */
  within?: number;
  /** How many messages of each direction are left alone at the start: the handshake sends 2. Default 0. */
  spare?: number;
  /** What may happen. Default: everything. */
  kinds?: readonly FaultKind[];
  /** Milliseconds. Default 1,000. */
  longestDelay?: number;
}

/**
 * A plan that a seed stands for.
 *
 * @throws ConfigError when an option cannot work
 */
export function seededFaultPlan(options: SeededPlanOptions): FaultPlan {
  checkFields('seed', options, OPTIONS);
  const { seed, faults = 3, within = 20, spare = 0, kinds = FAULT_KINDS, longestDelay = 1_000 } = options;
  if (!Number.isSafeInteger(seed)) throw new ConfigError('seed', seed, 'a whole number');
  checkWhole('faults', faults, 0);
  checkWhole('within', within, 1);
  checkWhole('spare', spare, 0);
  checkWhole('longestDelay', longestDelay, 0);
  checkStrings('kinds', kinds);
  const wrong = kinds.find((kind) => !FAULT_KINDS.includes(kind));
  if (wrong !== undefined || kinds.length === 0)
    throw new ConfigError('kinds', wrong ?? 'none', `some of ${FAULT_KINDS.join(', ')}`);
  const random = seededRandom(spread(seed));
  const whole = (most: number) => Math.floor(random() * most);
  const oneOf = <Item>(items: readonly Item[]): Item => {
    const item = items[whole(items.length)];
    if (item === undefined) throw new Error('nothing to choose from');
    return item;
  };
  return Array.from({ length: faults }, (): TransportFault => {
    const place = { on: oneOf(['sent', 'received'] as const), at: spare + 1 + whole(within) };
    const kind = oneOf(kinds);
    switch (kind) {
      case 'delay':
        return { ...place, do: kind, by: whole(longestDelay + 1) };
      case 'duplicate':
        return { ...place, do: kind, copies: 1 + whole(3) };
      case 'garble':
        return { ...place, do: kind, how: oneOf(['text', 'id', 'body'] as const) };
      default:
        return { ...place, do: kind };
    }
  });
}

const OPTIONS: { readonly [option in keyof Required<SeededPlanOptions>]: true } = {
  seed: true,
  faults: true,
  within: true,
  spare: true,
  kinds: true,
  longestDelay: true,
};

function checkWhole(field: string, value: number, least: number): void {
  if (!Number.isSafeInteger(value) || value < least || value >= 2 ** 31)
    throw new ConfigError(field, value, `a whole number from ${least}`);
}

/** Seeds next to each other must not begin alike: each bit of the seed reaches all of the state. */
function spread(seed: number): number {
  let state = (seed % 2 ** 32) >>> 0;
  for (let round = 0; round < 3; round += 1) {
    state = Math.imul(state ^ (state >>> 16), 0x45d9f3b) >>> 0;
  }
  return (state ^ (state >>> 16)) >>> 0;
}
