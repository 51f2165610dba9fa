import type { ModelTransport } from '../model/connectionModel.types.js';
import type { Adapter, Subject, SubjectTask } from './adapter.types.js';

/** An adapter that cannot be used: names what of it, what was found and what was expected. */
export class AdapterError extends Error {
  readonly code = 'ADAPTER_INVALID';

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'AdapterError';
  }
}

const CLAIMS: readonly string[] = ['joins', 'recovers', 'replaces', 'reopens', 'givesUp'];
const TRANSPORTS = ['stdio', 'http'];

/**
 * Whether something is an adapter: a module, or an object with the same members.
 *
 * @param where what it is called in messages: a file
 * @throws AdapterError
 */
export function checkAdapter(value: unknown, where: string): Adapter {
  if (typeof value !== 'object' || value === null) {
    throw new AdapterError(`${where}: found ${kindOf(value)}, expected an object with createSubject`);
  }
  const [createSubject, name, claims, transports] = ['createSubject', 'name', 'claims', 'transports'].map(
    (member): unknown => Reflect.get(value, member),
  );
  if (typeof createSubject !== 'function') {
    const others = Object.keys(value).join(', ');
    const found = createSubject === undefined ? nothingBut(others) : kindOf(createSubject);
    throw new AdapterError(
      `${where}: createSubject: found ${found}, expected a function that makes a subject`,
    );
  }
  if (name !== undefined && typeof name !== 'string') {
    throw new AdapterError(`${where}: name: found ${kindOf(name)}, expected a text`);
  }
  checkClaims(claims, where);
  if (transports !== undefined && !isTransports(transports)) {
    const found = Array.isArray(transports) ? JSON.stringify(transports) : kindOf(transports);
    throw new AdapterError(`${where}: transports: found ${found}, expected a list of stdio and http`);
  }
  return {
    createSubject: async (task) =>
      checkSubject(await make(() => createSubject(task), where), `${where}: the subject`, task),
    name: name ?? where,
    ...(claims !== undefined && { claims }),
    ...(transports !== undefined && { transports }),
  };
}

function checkClaims(claims: unknown, where: string): asserts claims is Adapter['claims'] {
  if (claims === undefined) return;
  if (typeof claims !== 'object' || claims === null || Array.isArray(claims)) {
    throw new AdapterError(`${where}: claims: found ${kindOf(claims)}, expected an object`);
  }
  for (const [claim, value] of Object.entries(claims)) {
    if (!CLAIMS.includes(claim)) {
      throw new AdapterError(`${where}: claims: found ${claim}, expected some of ${CLAIMS.join(', ')}`);
    }
    if (typeof value !== 'boolean') {
      throw new AdapterError(`${where}: claims.${claim}: found ${kindOf(value)}, expected true or false`);
    }
  }
}

async function make(createSubject: () => unknown, where: string): Promise<unknown> {
  try {
    return await createSubject();
  } catch (cause) {
    // An adapter that was checked is one.
    if (cause instanceof AdapterError) throw cause;
    throw new AdapterError(`${where}: createSubject threw ${textOf(cause)}`, { cause });
  }
}

const METHODS = ['connect', 'close', 'call'] as const;
const OPTIONAL_METHODS = ['state', 'onChange'] as const;

function checkSubject(value: unknown, where: string, { retries }: SubjectTask): Subject {
  if (!isObject(value)) throw new AdapterError(`${where}: found ${kindOf(value)}, expected an object`);
  for (const name of [...METHODS, ...OPTIONAL_METHODS]) {
    const member: unknown = Reflect.get(value, name);
    const mayBeMissing = OPTIONAL_METHODS.some((each) => each === name);
    if (typeof member === 'function' || (member === undefined && mayBeMissing)) continue;
    const expected = mayBeMissing ? 'a function, or nothing' : 'a function';
    throw new AdapterError(`${where}: ${name}: found ${kindOf(member)}, expected ${expected}`);
  }
  const isSilent = Reflect.get(value, 'state') === undefined;
  if (isSilent && Reflect.get(value, 'onChange') !== undefined) {
    throw new AdapterError(`${where}: onChange: found a function, expected state() beside it`);
  }
  if (isSilent && retries === 'few') {
    throw new AdapterError(`${where}: state: found nothing, expected a function, as it claims \`givesUp\``);
  }
  if (!isSubject(value)) throw new AdapterError(`${where}: found ${kindOf(value)}, expected a subject`);
  return value;
}

function isSubject(value: object): value is Subject {
  return METHODS.every((name) => typeof Reflect.get(value, name) === 'function');
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function isTransports(value: unknown): value is ModelTransport[] {
  return Array.isArray(value) && value.length > 0 && value.every((each) => TRANSPORTS.includes(each));
}

export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' || typeof value === 'undefined'
    ? `an ${typeof value}`
    : `a ${typeof value}`;
}

function nothingBut(others: string): string {
  return others === '' ? 'nothing' : `nothing of that name (there are ${others})`;
}

function textOf(error: unknown): string {
  const [line = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
  return JSON.stringify(line);
}
