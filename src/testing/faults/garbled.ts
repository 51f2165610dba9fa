import { isObject } from '../../connection/checks.js';
import type { GarbledPart } from './faults.types.js';

/** The message, damaged; the same message and part make the same damage. The message itself is left alone. */
export function garbled(message: unknown, part: GarbledPart): unknown {
  if (part === 'text' || !isObject(message)) return { garbled: true };
  const fields: { [name: string]: unknown } = { ...message };
  if (part === 'id') {
    if ('id' in fields) return { ...fields, id: otherId(fields.id) };
    return { ...fields, method: `garbled/${fields.method}` };
  }
  if ('error' in fields) return { ...fields, error: { code: -32000, message: 'garbled' } };
  const body = 'result' in fields ? 'result' : 'params';
  return { ...fields, [body]: nulled(fields[body]) };
}

/** An id that no client gives: negative, or a text that numbers have no part in. */
function otherId(id: unknown): unknown {
  return typeof id === 'number' ? -1 - id : `garbled ${id}`;
}

function nulled(body: unknown): object {
  const names = isObject(body) ? Object.keys(body) : [];
  return Object.fromEntries([...names, 'garbled'].map((name) => [name, null]));
}
