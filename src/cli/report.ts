import { didYouMean } from '../config/suggestions.js';
import { messageOf } from '../errors.js';
import { codeOf, exitOf, memberOf } from './exits.js';
import type { Output } from './Output.js';
import type { Shell } from './Shell.js';

/** Says what went wrong, and what was perhaps meant. Never a stack. */
export async function report(
  error: unknown,
  { output, shell }: { output: Output; shell: Shell | null },
): Promise<void> {
  const message = messageOf(error) + (await hintFor(error, shell));
  if (output.isJson) {
    output.json({ error: { ...factsOf(error), message, exitCode: exitOf(error) } });
  } else output.note(`lifeline: ${message}`);
}

/** What the daemon said beside the message; the code first. */
function factsOf(error: unknown): object {
  const data = memberOf(error, 'data');
  return { code: codeOf(error), ...(typeof data === 'object' && data !== null ? data : {}) };
}

/** A name that is like the one that nobody knows; nothing when there is none, or it cannot be found out. */
async function hintFor(error: unknown, shell: Shell | null): Promise<string> {
  const [first = ''] = shell?.args ?? [];
  if (shell === null || codeOf(error) !== 'UNKNOWN_SERVER') return '';
  try {
    const backend = await shell.backend();
    const servers = await backend.request('servers.list');
    const server = first.split('/')[0] ?? '';
    return didYouMean(
      server,
      servers.map(({ name }) => name),
    );
  } catch {
    return '';
  }
}
