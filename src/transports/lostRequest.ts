import type { JSONRPCErrorResponse, RequestId } from '@modelcontextprotocol/sdk/types.js';
import type { ConnectionError } from '../errors.js';

/** JSON-RPC code of the SDK for a connection that closed under a request. */
const CONNECTION_CLOSED = -32000;

const reasons = new WeakMap<object, ConnectionError>();

/**
 * An answer in the place of one that can never come, so that the request settles at once while the
 * session goes on (R28). It looks like a server's; `lostRequestReason` tells it from one.
 */
export function loseRequest(id: RequestId, error: ConnectionError): JSONRPCErrorResponse {
  const data = error.toRecord();
  reasons.set(data, error);
  return { jsonrpc: '2.0', id, error: { code: CONNECTION_CLOSED, message: error.message, data } };
}

/**
 * Why a request was lost.
 *
 * @param error the `error` of a JSON-RPC response, or the SDK's `McpError` made of it
 * @returns null when the server itself answered
 */
export function lostRequestReason(error: unknown): ConnectionError | null {
  if (typeof error !== 'object' || error === null || !('data' in error)) return null;
  const { data } = error;
  return typeof data === 'object' && data !== null ? (reasons.get(data) ?? null) : null;
}
