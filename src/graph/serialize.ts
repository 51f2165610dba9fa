import { actorName } from './names.js';

/**
 * Any value as text that is equal for equal values: keys sorted, errors and other things that JSON
 * leaves out written in full.
 */
export function stableText(value: unknown): string {
  return JSON.stringify(plain(value, new Set())) ?? 'undefined';
}

function plain(value: unknown, above: Set<object>): unknown {
  if (typeof value === 'bigint' || typeof value === 'symbol') return String(value);
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  if (typeof value === 'function') return `function ${value.name}`;
  if (typeof value !== 'object' || value === null) return value;
  if (above.has(value)) return '(circular)';
  above.add(value);
  const result = plainObject(value, above);
  above.delete(value);
  return result;
}

function plainObject(value: object, above: Set<object>): unknown {
  if (Array.isArray(value)) return value.map((item) => plain(item, above));
  if (value instanceof Map) return { map: [...value].map((entry) => plain(entry, above)) };
  if (value instanceof Set) return { set: [...value].map((item) => plain(item, above)) };
  if (value instanceof Date) return value.toJSON();
  if (isActor(value)) return { actor: actorName({ id: value.id, src: Reflect.get(value, 'src') }) };
  const entries = Object.entries(value);
  if (value instanceof Error) entries.push(['name', value.name], ['message', value.message]);
  return Object.fromEntries(
    entries
      .filter(([, inner]) => inner !== undefined)
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([key, inner]) => [key, plain(inner, above)]),
  );
}

/** A context may hold actors. They are told apart by their names: all else of them is the system's business. */
function isActor(value: object): value is { id: string } {
  return 'sessionId' in value && 'send' in value && 'id' in value && typeof value.id === 'string';
}
