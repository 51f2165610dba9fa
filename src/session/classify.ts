import { ConnectionError, messageOf } from '../errors.js';
import { type ShowForeign, showError } from '../foreignText.js';
import { isNamed, isSchemaError } from './schemaError.js';

/** JSON-RPC codes that say which revisions the server speaks instead (R3, R20). */
const VERSION_REFUSALS = new Set([-32602, -32022]);
/** There are no more revisions of the protocol for a long time. */
const MOST_VERSIONS = 20;

/**
 * The error of a failed start or handshake as a `ConnectionError`.
 *
 * @param answered whether the server itself answered the handshake with this error
 * @param show what it quotes is shown like this
 */
export function classifyOpeningError(error: unknown, answered: boolean, show: ShowForeign): ConnectionError {
  if (error instanceof ConnectionError) return error;
  const message = show(messageOf(error));
  const cause = showError(error, show);
  if (answered) {
    const supported =
      supportedVersions(error)
        ?.slice(0, MOST_VERSIONS)
        .map((version) => show(version)) ?? null;
    return supported === null
      ? new ConnectionError('HANDSHAKE_REJECTED', `the server refused the handshake: ${message}`, { cause })
      : new ConnectionError(
          'UNSUPPORTED_PROTOCOL_VERSION',
          show(`the server speaks protocol version ${supported.join(', ')} only`),
          { cause, details: { supported } },
        );
  }
  if (isNamed(error, 'UnauthorizedError')) {
    return new ConnectionError('AUTHORIZATION_REQUIRED', 'the server asks for an authorization', { cause });
  }
  if (isSchemaError(error)) {
    return new ConnectionError('NOT_MCP', 'the answer to the handshake is not one of MCP', { cause });
  }
  return new ConnectionError('TRANSPORT_FAILED', `the transport failed: ${message}`, { cause });
}

function supportedVersions(error: unknown): string[] | null {
  if (!(error instanceof Error) || !('code' in error) || !('data' in error)) return null;
  if (typeof error.code !== 'number' || !VERSION_REFUSALS.has(error.code)) return null;
  const { data } = error;
  if (typeof data !== 'object' || data === null || !('supported' in data)) return null;
  const { supported } = data;
  return Array.isArray(supported) ? supported.filter((version) => typeof version === 'string') : null;
}
