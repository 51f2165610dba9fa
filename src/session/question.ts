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

export interface AskOptions {
  signal: AbortSignal;
  /** What an error quotes is shown like this. */
  show: ShowForeign;
  /** Called once, with the first frame that is not the answer. */
  onheard: () => void;
}

/**
 * Asks the server once whether it lives. Any reply to the question is an answer, an error too. A function
 * of the embedder's decides by itself, and says nothing of other frames.
 */
export async function askServer(
  client: Client,
  tap: Tap,
  method: ProbeMethod,
  custom: CustomProbe | undefined,
  { signal, show, onheard }: AskOptions,
): Promise<void> {
  const own = method === 'custom' ? custom : undefined;
  if (typeof own === 'function') return askOwn(client, own, signal, show);
  const trace: CallTrace = { written: 0, answered: 0, isQuestion: true };
  const onframe = () => {
    if (trace.answered > 0) return;
    tap.onframe = null;
    onheard();
  };
  const ask = { method: own ?? requestFor(client, method) };
  try {
    const answered = tap.trace(trace, () =>
      client.request(ask, EmptyResultSchema, { signal, timeout: MAX_DURATION }),
    );
    tap.onframe = onframe;
    await answered;
  } catch (error) {
    if (trace.answered === 0) throw unansweredError(error, show);
  } finally {
    // The next question may be under way already.
    if (tap.onframe === onframe) tap.onframe = null;
  }
}

async function askOwn(
  client: Client,
  ask: Exclude<CustomProbe, string>,
  signal: AbortSignal,
  show: ShowForeign,
): Promise<void> {
  try {
    await ask(client, { signal });
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
