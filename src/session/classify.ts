import { ConnectionError } from '../errors.js';
import { isNamed, isSchemaError } from './schemaError.js';

/** JSON-RPC codes that say which revisions the server speaks instead (R3, R20). */
const VERSION_REFUSALS = new Set([-32602, -32022]);

/**
 * The error of a failed start or handshake as a `ConnectionError`.
 *
 * @param answered whether the server itself answered the handshake with this error
 */
export function classifyOpeningError(error: unknown, answered: boolean): ConnectionError {
  if (error instanceof ConnectionError) return error;
  const message = error instanceof Error ? error.message : String(error);
  if (answered) {
    const supported = supportedVersions(error);
    return supported === null
      ? new ConnectionError('HANDSHAKE_REJECTED', `the server refused the handshake: ${message}`, {
          cause: error,
        })
      : new ConnectionError(
          'UNSUPPORTED_PROTOCOL_VERSION',
          `the server speaks protocol version ${supported.join(', ')} only`,
          { cause: error, details: { supported } },
        );
  }
  if (isNamed(error, 'UnauthorizedError')) {
    return new ConnectionError('AUTHORIZATION_REQUIRED', 'the server asks for an authorization', {
      cause: error,
    });
  }
  if (isSchemaError(error)) {
    return new ConnectionError('NOT_MCP', 'the answer to the handshake is not one of MCP', { cause: error });
  }
  return new ConnectionError('TRANSPORT_FAILED', `the transport failed: ${message}`, { cause: error });
}

function supportedVersions(error: unknown): string[] | null {
  if (!(error instanceof Error) || !('code' in error) || !('data' in error)) return null;
  if (typeof error.code !== 'number' || !VERSION_REFUSALS.has(error.code)) return null;
  const { data } = error;
  if (typeof data !== 'object' || data === null || !('supported' in data)) return null;
  const { supported } = data;
  return Array.isArray(supported) ? supported.filter((version) => typeof version === 'string') : null;
}
