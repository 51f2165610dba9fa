import { isInitializeRequest, type JSONRPCMessage, type RequestId } from '@modelcontextprotocol/sdk/types.js';

/** What a POST asks. */
export interface PostedMessages {
  /** The requests in it, which want an answer. */
  ids: RequestId[];
  isInitialize: boolean;
}

/** Reads the body of a POST, which the SDK wrote. */
export function readPosted(body: string | undefined): PostedMessages {
  const parsed: unknown = JSON.parse(body ?? 'null');
  const messages: unknown[] = Array.isArray(parsed) ? parsed : [parsed];
  return { ids: messages.flatMap(requestId), isInitialize: messages.some((one) => isInitializeRequest(one)) };
}

/** What a request asks of the server, as far as its rights may depend on it: the method, and on what. */
export function operationOf({ method, body }: { method: string; body: string | undefined }): string {
  const message: unknown = JSON.parse(body ?? 'null');
  if (typeof message !== 'object' || message === null || !('method' in message)) return method;
  const params = 'params' in message ? message.params : undefined;
  const named = typeof params === 'object' && params !== null ? params : {};
  const on = 'name' in named ? named.name : 'uri' in named ? named.uri : undefined;
  return typeof on === 'string' ? `${message.method} ${on}` : String(message.method);
}

/** The id that a response answers; null for requests and notifications. */
export function answeredId(message: JSONRPCMessage): RequestId | null {
  return 'method' in message ? null : (message.id ?? null);
}

/** The request that a notification cancels (R6); null for everything else. */
export function cancelledId(message: JSONRPCMessage): RequestId | null {
  if (!('method' in message) || message.method !== 'notifications/cancelled') return null;
  const id = message.params?.requestId;
  return isRequestId(id) ? id : null;
}

/** The media type of a response, without its parameters. */
export function mediaType(response: Response): string {
  return (response.headers.get('content-type') ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

function requestId(message: unknown): RequestId[] {
  if (typeof message !== 'object' || message === null || !('method' in message) || !('id' in message))
    return [];
  return isRequestId(message.id) ? [message.id] : [];
}

function isRequestId(value: unknown): value is RequestId {
  return typeof value === 'string' || typeof value === 'number';
}
