import { didYouMean } from '../../config/suggestions.js';
import { checkFields, isObject, kindOf } from '../../connection/checks.js';
import { ConfigError } from '../../errors.js';
import { FAULT_KINDS, type FaultPlan } from './faults.types.js';

const PARTS = ['text', 'id', 'body'];
const LONGEST = 2 ** 31 - 1;
/** All copies arrive in one turn: more of them would look like a program that hangs. */
const MOST_COPIES = 10_000;

/** What each kind has beside its place. */
const OWN_FIELDS: { readonly [kind: string]: object } = {
  delay: { by: true },
  duplicate: { copies: true },
  garble: { how: true },
};
const PLACE_FIELDS = { do: true, on: true, at: true, times: true, method: true };

/**
 * Reads a plan that was printed, or written by hand.
 *
 * @param value what JSON.parse made of it
 * @throws ConfigError naming the field, as `plan[2].at`, what was found and what was expected
 */
export function readFaultPlan(value: unknown): FaultPlan {
  checkPlan(value);
  return value;
}

function checkPlan(value: unknown): asserts value is FaultPlan {
  if (!Array.isArray(value)) throw new ConfigError('plan', kindOf(value), 'a list of faults');
  value.forEach((fault: unknown, index) => {
    checkFault(`plan[${index}]`, fault);
  });
}

function checkFault(path: string, fault: unknown): void {
  if (!isObject(fault)) throw new ConfigError(path, kindOf(fault), 'a fault, such as { on, at, do }');
  const { do: kind, on, at, times, method, by, copies, how }: { [field: string]: unknown } = { ...fault };
  checkWord(`${path}.do`, kind, FAULT_KINDS);
  checkFields(path, fault, { ...PLACE_FIELDS, ...OWN_FIELDS[String(kind)] });
  checkWord(`${path}.on`, on, ['sent', 'received']);
  checkCount(`${path}.at`, at);
  if (times !== undefined && times !== 'always') checkCount(`${path}.times`, times, " or 'always'");
  if (method !== undefined && (typeof method !== 'string' || method === ''))
    throw new ConfigError(`${path}.method`, shown(method), 'the name of a method');
  if (kind === 'delay' && !(typeof by === 'number' && by >= 0 && by <= LONGEST))
    throw new ConfigError(`${path}.by`, shown(by), `milliseconds from 0 to ${LONGEST}`);
  if (copies !== undefined && Number(copies) > MOST_COPIES)
    throw new ConfigError(`${path}.copies`, shown(copies), `a whole number from 1 to ${MOST_COPIES}`);
  if (copies !== undefined) checkCount(`${path}.copies`, copies);
  if (how !== undefined) checkWord(`${path}.how`, how, PARTS);
}

function checkCount(field: string, value: unknown, or = ''): void {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 1) return;
  throw new ConfigError(field, shown(value), `a whole number from 1${or}`);
}

function checkWord(field: string, value: unknown, words: readonly string[]): void {
  if (typeof value === 'string' && words.includes(value)) return;
  const meant = typeof value === 'string' ? didYouMean(value, words) : '';
  throw new ConfigError(field, shown(value), `one of ${words.join(', ')}${meant}`);
}

/** A plan holds nothing secret: what is simple is shown as it is. */
function shown(value: unknown): unknown {
  return typeof value === 'object' && value !== null ? kindOf(value) : value;
}
