import { ConnectionError } from '../../errors.js';

/**
 * The failure of a request as a `ConnectionError`. The `fetch` under the SDK throws nothing else; what is
 * left comes from the SDK reading a body.
 */
export function sendError(error: unknown): ConnectionError {
  if (error instanceof ConnectionError) return error;
  // Names instead of classes: a second copy of the SDK has classes of its own.
  const name = error instanceof Error ? error.name : '';
  const isUnreadable = name === 'SyntaxError' || name === 'ZodError' || name === '$ZodError';
  // Neither quotes the error: the reader of JSON cites what it could not read.
  return isUnreadable
    ? new ConnectionError('NOT_MCP', "the server's answer cannot be read as MCP", {
        cause: error,
        details: { unsent: false },
      })
    : new ConnectionError('TRANSPORT_FAILED', 'the request failed', {
        cause: error,
        details: { unsent: false },
      });
}
