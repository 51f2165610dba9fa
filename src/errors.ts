import type { ConnectionErrorCode, ConnectionErrorRecord } from '../machines/index.js';
import { escapeText } from './escape.js';

/** Marks our errors across copies of the package, where `instanceof` fails. */
const brand = Symbol.for('mcp-lifeline.error');

/** Codes of errors about the use of a manager, beside those a connection itself can have. */
export type LifelineErrorCode =
  | ConnectionErrorCode
  | 'CONFIG_INVALID'
  | 'CONNECTION_LOST'
  | 'NOT_CONNECTED'
  | 'SUPERSEDED'
  | 'TERMINATED'
  | 'TOO_MANY_WAITING'
  | 'CALL_TIMEOUT'
  | 'INVALID_ANSWER'
  | 'WAIT_TIMEOUT'
  | 'UNKNOWN_SERVER'
  | 'POOL_FULL'
  | 'POOL_CLOSED'
  | 'NOT_TRUSTED'
  | IpcErrorCode
  | DaemonErrorCode;

/** Codes of errors between a command and the daemon. */
export type IpcErrorCode =
  | 'NO_DAEMON'
  | 'DAEMON_FAILED'
  | 'DAEMON_FROZEN'
  | 'DAEMON_BUSY'
  | 'DAEMON_MISMATCH'
  | 'DAEMON_REFUSED'
  | 'UNSAFE_PLACE'
  | 'IPC_PROTOCOL'
  | 'PEER_GONE'
  | 'TOO_MANY_IN_FLIGHT'
  | 'REQUEST_TIMEOUT'
  | 'REQUEST_FAILED';

/** Codes that the daemon gives to what it would not or could not carry out, beside those of connections and calls. */
export type DaemonErrorCode =
  /** The server itself answered with an error. */
  | 'SERVER_ERROR'
  | 'TOOL_NOT_ALLOWED'
  | 'INVALID_PARAMS'
  | 'UNKNOWN_METHOD'
  | 'DAEMON_LEAVING'
  | 'DAEMON_STOPPED'
  | 'INTERNAL_ERROR';

/**
 * Base of every error of this package. `code` is stable; messages are not. A message is one line that is safe
 * on a terminal, whatever names and texts of others it quotes.
 */
export class LifelineError extends Error {
  readonly code: LifelineErrorCode;

  constructor(code: LifelineErrorCode, message: string, options?: ErrorOptions) {
    super(escapeText(message), options);
    this.name = new.target.name;
    this.code = code;
    Object.defineProperty(this, brand, { value: true });
  }
}

/** Whether `value` is an error of this package, of whichever copy. */
export function isLifelineError(value: unknown): value is LifelineError {
  return typeof value === 'object' && value !== null && brand in value;
}

/** A configuration that cannot work. Names the field, what was found and what was expected. */
export class ConfigError extends LifelineError {
  readonly field: string;
  readonly #found: unknown;
  readonly #expected: string;

  constructor(field: string, found: unknown, expected: string) {
    super('CONFIG_INVALID', `${field}: found ${show(found)}, expected ${expected}`);
    this.field = field;
    this.#found = found;
    this.#expected = expected;
  }

  /** The same of a field further in: `path` is where the options stand that it speaks of. */
  under(path: string): ConfigError {
    return new ConfigError(`${path}.${this.field}`, this.#found, this.#expected);
  }
}

/** Why a connection or an attempt at one failed. */
export class ConnectionError extends LifelineError {
  declare readonly code: ConnectionErrorCode;
  readonly details: NonNullable<ConnectionErrorRecord['details']>;

  constructor(
    code: ConnectionErrorCode,
    message: string,
    options: ErrorOptions & { details?: ConnectionErrorRecord['details'] } = {},
  ) {
    super(code, message, 'cause' in options ? { cause: options.cause } : undefined);
    this.details = options.details ?? {};
  }

  /** The error as plain data, for context and inspectors. */
  toRecord(): ConnectionErrorRecord {
    const record: ConnectionErrorRecord = { code: this.code, message: this.message };
    return Object.keys(this.details).length > 0 ? { ...record, details: this.details } : record;
  }
}

/**
 * A call on a connection that was not carried out as asked. `mayHaveExecuted` tells whether the server
 * can have acted on it all the same.
 */
export class CallError extends LifelineError {
  /** Name of the connection. */
  readonly server: string;
  /** What the connection was when the call ended, with the phase of an attempt: `connecting (queued)`. */
  readonly state: string;
  readonly mayHaveExecuted: boolean;

  constructor(
    code: LifelineErrorCode,
    message: string,
    facts: { server: string; state: string; mayHaveExecuted: boolean } & ErrorOptions,
  ) {
    super(
      code,
      `${facts.server}: ${message} (${facts.state})`,
      'cause' in facts ? { cause: facts.cause } : undefined,
    );
    this.server = facts.server;
    this.state = facts.state;
    this.mayHaveExecuted = facts.mayHaveExecuted;
  }
}

/**
 * The session was lost with the call in flight, and the call is not one to send again: it may not be
 * harmless, two sessions were lost with it, or its answer was too large. `cause` is the loss.
 */
export class ConnectionLostError extends CallError {}

/** The call's own limit passed, waiting for a session included. */
export class CallTimeoutError extends CallError {}

/** The state of the connection takes no calls, or too many wait already. Nothing was sent. */
export class CallRefusedError extends CallError {}

/** A promise about the connection's state that cannot be kept any more. */
export class WaitError extends LifelineError {}

/** The pool hands out no connection: it has none of that name, no place for one, or is closed. */
export class PoolError extends LifelineError {}

/** What a thrown value says. It may be any, even one that has no text. */
export function messageOf(error: unknown): string {
  if (error instanceof Error) return error.message;
  try {
    return String(error);
  } catch {
    return 'an object';
  }
}

/** A value as an error message shows it: short, on one line, of no function's source. */
function show(value: unknown): string {
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'bigint' || typeof value === 'symbol' || typeof value === 'number') {
    return String(value);
  }
  const text = asJson(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}

function asJson(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    // It refers to itself, or its own toJSON threw.
    return 'an object';
  }
}
