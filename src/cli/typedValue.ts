import { memberOf } from './exits.js';

/**
 * A value that looks like JSON, as the tool wants this argument: `7` is a text where it says `string`. Where it says
 * nothing, or what the value cannot be, it is JSON if it is that exactly, and text otherwise.
 *
 * @param schema what the tool says of its arguments (JSON Schema), or anything else
 */
export function readAs(text: string, schema: unknown, key: string): unknown {
  const properties = memberOf(schema, 'properties');
  const isNamed = typeof properties === 'object' && properties !== null && Object.hasOwn(properties, key);
  const types = isNamed ? typesOf(memberOf(properties, key)) : new Set<string>();
  const value = guess(text);
  if (types.size === 0 || types.has(typeOf(value)) || (types.has('number') && typeof value === 'number')) {
    return value;
  }
  return types.has('string') ? text : value;
}

/** Types that a schema allows, as far as it says so plainly; none: any. */
function typesOf(schema: unknown): Set<string> {
  const type = memberOf(schema, 'type');
  if (typeof type === 'string') return new Set([type]);
  const fixed = memberOf(schema, 'enum') ?? asList(memberOf(schema, 'const'));
  if (Array.isArray(type)) return new Set(type.filter((each) => typeof each === 'string'));
  if (Array.isArray(fixed)) return new Set(fixed.map(typeOf));
  const alternatives = memberOf(schema, 'anyOf') ?? memberOf(schema, 'oneOf');
  if (!Array.isArray(alternatives)) return new Set();
  const each = alternatives.map(typesOf);
  // One that allows anything.
  return each.some(({ size }) => size === 0) ? new Set() : new Set(each.flatMap((types) => [...types]));
}

function asList(value: unknown): unknown[] | undefined {
  return value === undefined ? undefined : [value];
}

/** As JSON Schema calls it. */
function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return Number.isInteger(value) ? 'integer' : typeof value;
}

function guess(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    // Digits that a number cannot hold are a name of something, and would become another.
    return typeof value === 'number' && !isExact(value) ? text : value;
  } catch {
    return text;
  }
}

function isExact(value: number): boolean {
  return Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value));
}
