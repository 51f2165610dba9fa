/** What was wrong with a call, in one word of which there are few: for records and telemetry. */

/** Of a call that rejected. Nothing of what the error says is in it. */
export function wrongInError(error: unknown): string {
  if (error instanceof Error && /^(Abort|Timeout)Error$/.test(error.name)) return error.name;
  const code: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, 'code') : undefined;
  if (typeof code === 'number') return String(code);
  // Ours and Node's; anything longer is somebody's sentence.
  if (typeof code === 'string' && /^[A-Z][A-Z0-9_]{1,60}$/.test(code)) return code;
  return error instanceof Error && /^[A-Za-z]{1,60}$/.test(error.name) ? error.name : '_OTHER';
}

/** Of a call that was answered: a tool may say in its result that it failed. */
export function wrongInResult(result: unknown): 'tool_error' | undefined {
  if (typeof result !== 'object' || result === null) return undefined;
  return Reflect.get(result, 'isError') === true ? 'tool_error' : undefined;
}
