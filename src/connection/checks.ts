import { ConfigError } from '../errors.js';

/** What a value is, for messages that must not show it: it may hold secrets. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * A field that nobody knows is a mistake, not a wish.
 *
 * @param path of the object; empty for the options themselves
 * @throws ConfigError naming the first field of `given` that is not in `known`, without its value
 */
export function checkFields(path: string, given: object, known: object): void {
  for (const [field, value] of Object.entries(given)) {
    if (Object.hasOwn(known, field)) continue;
    const name = path === '' ? field : `${path}.${field}`;
    throw new ConfigError(name, kindOf(value), `one of the fields ${Object.keys(known).join(', ')}`);
  }
}

/** @throws ConfigError unless `values` is a list of strings, without showing one: they may be secrets. */
export function checkStrings(field: string, values: unknown): void {
  if (!Array.isArray(values)) throw new ConfigError(field, kindOf(values), 'a list of strings');
  const wrong = values.findIndex((value) => typeof value !== 'string');
  if (wrong >= 0) throw new ConfigError(`${field}[${wrong}]`, kindOf(values[wrong]), 'a string');
}

/** @throws ConfigError unless `values` is an object of strings, without showing one: they may be secrets. */
export function checkStringValues(field: string, values: unknown): asserts values is Record<string, string> {
  if (!isObject(values)) throw new ConfigError(field, kindOf(values), 'an object of strings');
  for (const [name, value] of Object.entries(values)) {
    if (typeof value !== 'string') throw new ConfigError(`${field}.${name}`, kindOf(value), 'a string');
  }
}

/** @throws ConfigError unless `headers` are names and values that HTTP can carry, without showing a value. */
export function checkHeaders(field: string, headers: unknown): void {
  checkStringValues(field, headers);
  for (const [name, value] of Object.entries(headers)) {
    try {
      new Headers([[name, value]]);
    } catch {
      throw new ConfigError(`${field}.${name}`, 'a string', 'a name and a value that a header can have');
    }
  }
}

/** @throws ConfigError unless `value` has all these methods. */
export function checkMethods(field: string, value: unknown, methods: readonly string[]): void {
  const expected = `an object with ${methods.map((method) => `${method}()`).join(', ')}`;
  if (!isObject(value)) throw new ConfigError(field, kindOf(value), expected);
  for (const method of methods) {
    const found: unknown = Reflect.get(value, method);
    if (typeof found !== 'function') throw new ConfigError(`${field}.${method}`, kindOf(found), 'a function');
  }
}

/** @throws ConfigError unless `value` is a text that is not empty. */
export function checkText(field: string, value: unknown, what: string): void {
  if (typeof value === 'string' && value !== '') return;
  throw new ConfigError(field, value === '' ? value : kindOf(value), what);
}
