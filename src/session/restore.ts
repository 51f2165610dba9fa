import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { EmptyResultSchema } from '@modelcontextprotocol/sdk/types.js';
import { MAX_DURATION } from '../../machines/index.js';
import { LIST_KINDS, type SessionMemory } from './memory.js';
import type { Tap } from './tap.js';

/**
 * Puts back on a new session what earlier ones had set up (R18): the log level and the subscriptions,
 * and the client's knowledge of the tools, on which it relies when a tool's answer is to fit its schema.
 * Then it announces that the lists may have changed.
 *
 * @param report hears what the server would not take
 */
export async function restoreSession(
  client: Client,
  tap: Tap,
  memory: SessionMemory,
  report: (error: unknown) => void,
): Promise<void> {
  const offered = client.getServerCapabilities() ?? {};
  // The chart has the limit.
  const options = { timeout: MAX_DURATION };
  const requests = memory.settings.map((request) => client.request(request, EmptyResultSchema, options));
  const listed = LIST_KINDS.filter((kind) => memory.isListed(kind) && offered[kind] !== undefined);
  const lists = listed.includes('tools') ? [client.listTools(undefined, options)] : [];
  for (const outcome of await Promise.allSettled<unknown>([...requests, ...lists])) {
    if (outcome.status === 'rejected') report(outcome.reason);
  }
  for (const kind of listed) tap.announce(`notifications/${kind}/list_changed`);
}
