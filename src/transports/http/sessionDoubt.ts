import { ConnectionError } from '../../errors.js';
import { onAbort, within } from './abort.js';
import type { LinkContext } from './link.js';
import { ownAnswer, type RefusalAnswer, readRefusal } from './refusal.js';
import type { HttpRequest } from './requester.js';

/** The answer that is in doubt is not held back longer for the question, in milliseconds. */
export const DOUBT_LIMIT = 2_000;

/** What HTTP layers of MCP servers say of a request they did not let through; handlers use it as well. */
const TURNED_AWAY = -32000;

/** No client counts so. */
const QUESTION_ID = 'lifeline/session-known';

/**
 * Whether a 400 that answers a request may say that its session is unknown: servers in use copy the
 * request's id into that answer too, where it looks like one of a handler.
 */
export function mayMeanNoSession(answer: RefusalAnswer): boolean {
  return answer.code === TURNED_AWAY;
}

/**
 * Asks with a ping, which no handler refuses, whether the server knows the session of a refused request. A
 * server that does not say it clearly, or not in time, is taken to know it.
 */
export async function isSessionRefused(refused: HttpRequest, context: LinkContext): Promise<boolean> {
  const body = JSON.stringify({ jsonrpc: '2.0', id: QUESTION_ID, method: 'ping' });
  const question = new AbortController();
  const { signal } = question;
  const stopWatching = onAbort(refused.signal, () => question.abort(refused.signal?.reason));
  let isRefused = false;
  const ask = async () => {
    const init = { ...refused.init, body, signal };
    const response = await context.requester.request({ ...refused, body, signal, init });
    if (response.ok) return response.body?.cancel();
    const ids = [QUESTION_ID];
    const refusal = await readRefusal(response, { ids, hasSession: true }, context);
    const answer = ownAnswer(refusal, ids);
    isRefused = refusal.error.code === 'SESSION_EXPIRED' || (answer !== null && mayMeanNoSession(answer));
  };
  const isInTime = await within(DOUBT_LIMIT, context.clock, ask());
  stopWatching();
  question.abort();
  return isInTime && isRefused;
}

/** Two refusals are still a guess about the first: it may have been carried out. */
export function sessionRefused(shown: string): ConnectionError {
  return new ConnectionError('SESSION_EXPIRED', `${shown} does not know the session (400)`, {
    details: { status: 400, unsent: false },
  });
}
