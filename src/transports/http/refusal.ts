import type { RequestId } from '@modelcontextprotocol/sdk/types.js';
import { ConnectionError } from '../../errors.js';
import { showForeign } from '../../foreignText.js';
import { wait } from './abort.js';
import { readChallenge } from './challenge.js';
import type { HttpClock } from './http.types.js';
import { parseRetryAfter } from './retryAfter.js';

/** As much of the body of a refusal is read. */
const BODY_LIMIT = 64 * 1024;
/** The body of a refusal is not waited for longer, in milliseconds. */
export const BODY_PATIENCE = 1_250;

/** JSON-RPC's "this is no JSON": about the body, never about the session. */
const PARSE_ERROR = -32700;

/** What was asked when the server refused. */
export interface RefusedRequest {
  /** Requests in the body of a POST. */
  ids: readonly RequestId[];
  /** Whether the request named a session (R12). */
  hasSession: boolean;
}

/** A JSON-RPC error, and the body that it is. */
export interface RefusalAnswer {
  id: unknown;
  code: number;
  body: string;
}

/** A refusal, and the JSON-RPC error in its body, if there is one. */
export interface Refusal {
  error: ConnectionError;
  answer: RefusalAnswer | null;
}

export interface RefusalReader {
  /** What to call the server. */
  shown: string;
  clock: HttpClock;
  redact(text: string): string;
}

/** Reads a response that is neither a success nor a 401. */
export async function readRefusal(
  response: Response,
  request: RefusedRequest,
  reader: RefusalReader,
): Promise<Refusal> {
  const { status } = response;
  const body = await readBody(response, reader.clock);
  const rpc = parseJsonRpcError(body);
  const said =
    rpc?.message === undefined ? '' : `: ${showForeign(rpc.message, (text) => reader.redact(text))}`;
  const answer = rpc === null ? null : { id: rpc.id, code: rpc.code, body };
  const build = (
    ...[code, message, details]: [ConnectionError['code'], string, ConnectionError['details']?]
  ) => ({
    error: new ConnectionError(code, `${message}${said}`, { details: { status, ...details } }),
    answer,
  });

  if (status === 403) {
    return build(
      'FORBIDDEN',
      `${reader.shown} forbids it (403)`,
      readChallenge(response, (text) => reader.redact(text)).details,
    );
  }
  if (request.hasSession && (status === 404 || saysNoSuchSession(status, rpc, request.ids))) {
    return build('SESSION_EXPIRED', `${reader.shown} does not know the session (${status})`, {
      // R12 says what a 404 means. What a 400 means is a guess, and no call is sent twice on a guess.
      unsent: status === 404,
    });
  }
  if (status === 408 || status === 425 || status === 429 || status >= 500) {
    const now = reader.clock.time?.() ?? Date.now();
    const retryAfter = parseRetryAfter(response.headers.get('retry-after'), now);
    return build('HTTP_ERROR', `${reader.shown} answered ${status}`, {
      unsent: status === 429,
      ...(retryAfter === null ? {} : { retryAfter }),
    });
  }
  return build('HTTP_REJECTED', `${reader.shown} rejected the request (${status})`, { unsent: false });
}

/**
 * R12 asks for 404, but servers in use answer a session they do not know with 400 and a JSON-RPC error of
 * their HTTP layer, which answers no request of ours.
 */
function saysNoSuchSession(status: number, rpc: JsonRpcError | null, ids: readonly RequestId[]): boolean {
  return status === 400 && rpc !== null && rpc.code !== PARSE_ERROR && !ids.some((id) => id === rpc.id);
}

/**
 * The answer that a 400 is to one of these requests: what names a request of ours is its own answer, not a
 * word about the session.
 */
export function ownAnswer({ error, answer }: Refusal, ids: readonly RequestId[]): RefusalAnswer | null {
  if (error.details.status !== 400 || answer === null) return null;
  return ids.some((id) => id === answer.id) ? answer : null;
}

interface JsonRpcError {
  id: unknown;
  code: number;
  message: string | undefined;
}

function parseJsonRpcError(body: string): JsonRpcError | null {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null || !('error' in value) || !('jsonrpc' in value))
    return null;
  const { error } = value;
  if (typeof error !== 'object' || error === null || !('code' in error)) return null;
  if (typeof error.code !== 'number') return null;
  const message = 'message' in error && typeof error.message === 'string' ? error.message : undefined;
  return { id: 'id' in value ? value.id : undefined, code: error.code, message };
}

/** The body as far as it comes soon; it only explains. */
async function readBody(response: Response, clock: HttpClock): Promise<string> {
  if (response.body === null) return '';
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let text = '';
  const read = async () => {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      text += decoder.decode(value, { stream: true });
      if (text.length >= BODY_LIMIT) return;
    }
  };
  const patience = new AbortController();
  const late = wait(BODY_PATIENCE, clock, patience.signal);
  await Promise.race([read(), late]).catch(() => {});
  late.catch(() => {});
  patience.abort();
  await reader.cancel().catch(() => {});
  return text;
}
