import { RequestFailedError } from '../ipc/errors.js';

const INVALID_PARAMS = -32602;

/** What a client asks with, read field by field. Clients are our own commands, and anybody with the token. */
export class Params {
  readonly #method: string;
  readonly #fields: object;

  constructor(method: string, params: unknown) {
    this.#method = method;
    this.#fields = typeof params === 'object' && params !== null ? params : {};
  }

  has(field: string): boolean {
    return this.#read(field) !== undefined;
  }

  text(field: string): string {
    const value = this.#read(field);
    return typeof value === 'string' ? value : this.#refuse(field, value, 'a text');
  }

  /** Milliseconds; undefined where there is nothing. */
  duration(field: string): number | undefined {
    const value = this.#read(field) ?? undefined;
    if (value === undefined) return undefined;
    if (typeof value === 'number' && value > 0 && value < 2 ** 31) return value;
    return this.#refuse(field, value, 'milliseconds');
  }

  flag(field: string): boolean {
    const value = this.#read(field) ?? false;
    return typeof value === 'boolean' ? value : this.#refuse(field, value, 'true or false');
  }

  object(field: string): { [name: string]: unknown } {
    const value = this.#read(field) ?? {};
    if (typeof value !== 'object' || Array.isArray(value)) return this.#refuse(field, value, 'an object');
    return { ...value };
  }

  texts(field: string): { [name: string]: string } {
    const texts: { [name: string]: string } = {};
    for (const [name, value] of Object.entries(this.object(field))) {
      if (typeof value !== 'string') return this.#refuse(`${field}.${name}`, value, 'a text');
      texts[name] = value;
    }
    return texts;
  }

  #read(field: string): unknown {
    return Object.hasOwn(this.#fields, field) ? Reflect.get(this.#fields, field) : undefined;
  }

  #refuse(field: string, found: unknown, expected: string): never {
    const what = found === undefined || found === null ? 'nothing' : `a ${typeof found}`;
    throw new RequestFailedError(
      INVALID_PARAMS,
      `${this.#method}: ${field}: found ${what}, expected ${expected}`,
      {
        code: 'INVALID_PARAMS',
      },
    );
  }
}
