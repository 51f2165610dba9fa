/** What the command's exit codes mean. Documented in docs/cli.md, and stable. */
export const EXIT = {
  ok: 0,
  /** The command line or the configuration. */
  usage: 1,
  /** The tool or the server answered with an error. */
  answered: 2,
  connection: 3,
  /** The server wants an authorization. */
  authorization: 4,
  timeout: 5,
  interrupted: 130,
  terminated: 143,
} as const;

const EXIT_OF_CODE: { readonly [code: string]: number } = {
  USAGE: EXIT.usage,
  CONFIG_INVALID: EXIT.usage,
  NOT_TRUSTED: EXIT.usage,
  UNKNOWN_SERVER: EXIT.usage,
  TOOL_NOT_ALLOWED: EXIT.usage,
  INVALID_PARAMS: EXIT.usage,
  SERVER_ERROR: EXIT.answered,
  INVALID_ANSWER: EXIT.answered,
  AUTHORIZATION_REQUIRED: EXIT.authorization,
  AUTHORIZATION_FAILED: EXIT.authorization,
  CALL_TIMEOUT: EXIT.timeout,
  WAIT_TIMEOUT: EXIT.timeout,
  REQUEST_TIMEOUT: EXIT.timeout,
  INTERRUPTED: EXIT.interrupted,
};

/** An error of the command's own. The message is for people, and safe on a terminal. */
export class CommandError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.name = 'CommandError';
    this.code = code;
  }
}

/** The command line says something that cannot be done. */
export function usageError(message: string): CommandError {
  return new CommandError('USAGE', message);
}

/** The stable code of whatever went wrong; `INTERNAL_ERROR` where there is none. */
export function codeOf(error: unknown): string {
  const own = memberOf(error, 'code');
  // What the daemon says of an error is further in.
  const inner = own === 'REQUEST_FAILED' ? memberOf(memberOf(error, 'data'), 'code') : undefined;
  if (typeof inner === 'string') return inner;
  return typeof own === 'string' ? own : 'INTERNAL_ERROR';
}

export function exitOf(error: unknown): number {
  return EXIT_OF_CODE[codeOf(error)] ?? EXIT.connection;
}

export function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && name in value ? Reflect.get(value, name) : undefined;
}
