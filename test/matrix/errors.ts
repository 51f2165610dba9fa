import { ConnectionError } from '../../src/errors.js';
import { errorOf } from '../connection/support.js';

/** The error that a promise of a connection rejects with. */
export async function connectionErrorOf(promise: Promise<unknown>): Promise<ConnectionError> {
  return asConnectionError(await errorOf(promise));
}

/** Why the session was lost that a call went with. */
export async function lossOf(call: Promise<unknown>): Promise<ConnectionError> {
  const error = await errorOf(call);
  return asConnectionError(error instanceof Error ? error.cause : error);
}

function asConnectionError(error: unknown): ConnectionError {
  if (error instanceof ConnectionError) return error;
  throw new Error(`expected a ConnectionError, got ${error}`);
}
