import { isObject } from '../../connection/checks.js';
import type { Direction } from './faults.types.js';

/** Knows which method each message is of: an answer is of the method that its request was of. */
export class MethodBook {
  /** Methods by the ids of requests that wait for their answer, by the direction that the answer comes in. */
  readonly #asked = { sent: new Map<unknown, string>(), received: new Map<unknown, string>() };

  /** @returns null where it answers nothing that was asked */
  methodOf(message: unknown, direction: Direction): string | null {
    if (!isObject(message)) return null;
    const id: unknown = Reflect.get(message, 'id');
    const method: unknown = Reflect.get(message, 'method');
    if (typeof method === 'string') {
      if (id !== undefined) this.#asked[direction === 'sent' ? 'received' : 'sent'].set(id, method);
      return method;
    }
    const answered = this.#asked[direction].get(id) ?? null;
    this.#asked[direction].delete(id);
    return answered;
  }
}
