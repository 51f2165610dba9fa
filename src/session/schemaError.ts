/**
 * Names instead of classes: a second copy of the SDK, or of what it is built on, has classes of its
 * own. Not all of them say theirs.
 */
export function isNamed(error: unknown, name: string): boolean {
  return error instanceof Error && (error.name === name || error.constructor.name === name);
}

/** Whether the SDK's client rejected an answer because it does not fit the protocol's schema. */
export function isSchemaError(error: unknown): boolean {
  return isNamed(error, 'ZodError') || isNamed(error, '$ZodError');
}
