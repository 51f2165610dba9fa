import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { EmptyResultSchema } from '@modelcontextprotocol/sdk/types.js';
import { MAX_DURATION, type ProbeMethod } from '../../machines/index.js';
import { ConnectionError, messageOf } from '../errors.js';
import { type ShowForeign, showError } from '../foreignText.js';
import { lostRequestReason } from '../transports/lostRequest.js';
import type { CallTrace } from './port.js';
import type { Tap } from './tap.js';

/** A question of the embedder's own: a request method, or a function that asks. */
export type CustomProbe = string | ((client: Client, options: { signal: AbortSignal }) => Promise<unknown>);

/** A request no server knows: any answer to it, an error above all, is an answer. */
const UNKNOWN_METHOD = 'lifeline/alive';

/**
 * Asks the server once whether it lives. A function of the embedder's decides by itself; any other
 * question is answered by any reply to it, and by any other frame that comes in meanwhile.
 *
 * @param show what an error quotes is shown like this
 */
export async function askServer(
  client: Client,
  tap: Tap,
  method: ProbeMethod,
  custom: CustomProbe | undefined,
  signal: AbortSignal,
  show: ShowForeign,
): Promise<'reply' | 'traffic'> {
  const own = method === 'custom' ? custom : undefined;
  if (typeof own === 'function') return askOwn(client, own, signal, show);
  const name = own ?? requestFor(client, method);
  const trace: CallTrace = { written: 0, answered: 0 };
  const controller = new AbortController();
  const abort = () => controller.abort(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  let onframe: (() => void) | null = null;
  try {
    return await new Promise((resolve, reject) => {
      tap
        .trace(trace, () =>
          client.request({ method: name }, EmptyResultSchema, {
            signal: controller.signal,
            timeout: MAX_DURATION,
          }),
        )
        .then(
          () => resolve('reply'),
          (error: unknown) => {
            if (trace.answered > 0) resolve('reply');
            else reject(unansweredError(error, show));
          },
        );
      onframe = () => {
        if (trace.answered > 0) return;
        resolve('traffic');
        // The question itself would wait for ever.
        controller.abort(new ConnectionError('CONNECTION_CLOSED', 'answered by other traffic'));
      };
      tap.onframe = onframe;
    });
  } finally {
    // The next question may be under way already.
    if (tap.onframe === onframe) tap.onframe = null;
    signal.removeEventListener('abort', abort);
  }
}

async function askOwn(
  client: Client,
  ask: Exclude<CustomProbe, string>,
  signal: AbortSignal,
  show: ShowForeign,
): Promise<'reply'> {
  try {
    await ask(client, { signal });
    return 'reply';
  } catch (error) {
    if (error instanceof ConnectionError) throw error;
    throw new ConnectionError('UNHEALTHY', show(messageOf(error)), { cause: showError(error, show) });
  }
}

/** Some servers never answer ping; a list of what they offer they do. */
function requestFor(client: Client, method: ProbeMethod): string {
  if (method === 'ping') return 'ping';
  const capabilities = client.getServerCapabilities() ?? {};
  if (capabilities.tools) return 'tools/list';
  if (capabilities.resources) return 'resources/list';
  if (capabilities.prompts) return 'prompts/list';
  return UNKNOWN_METHOD;
}

function unansweredError(error: unknown, show: ShowForeign): ConnectionError {
  if (error instanceof ConnectionError) return error;
  return (
    lostRequestReason(error) ??
    new ConnectionError('TRANSPORT_FAILED', `the probe could not be sent: ${show(messageOf(error))}`, {
      cause: showError(error, show),
    })
  );
}
