import { didYouMean } from '../config/suggestions.js';
import { ownerOf } from '../ipc/ownership.js';
import { codeOf, exitOf, memberOf } from './exits.js';
import { howToConfigure } from './firstSteps.js';
import type { Output } from './Output.js';
import type { Shell } from './Shell.js';
import { messageFor } from './serverWords.js';

/** Says what went wrong, and what was perhaps meant. Never a stack. */
export async function report(
  error: unknown,
  { output, shell }: { output: Output; shell: Shell | null },
): Promise<void> {
  const facts = factsOf(error);
  const server = memberOf(facts, 'server');
  const message =
    messageFor(error, typeof server === 'string' ? server : undefined) + (await hintFor(error, shell));
  if (output.isJson) output.json({ error: { ...facts, message, exitCode: exitOf(error) } });
  else output.note(`lifeline: ${message}`);
}

/** What the daemon said beside the message, or what is known without it when it is lost; the code first. */
function factsOf(error: unknown): object {
  const data = memberOf(error, 'data');
  const wasSent = memberOf(error, 'wasSent');
  return {
    code: codeOf(error),
    ...(typeof wasSent === 'boolean' ? { mayHaveExecuted: wasSent } : {}),
    ...(typeof data === 'object' && data !== null ? data : {}),
  };
}

/** What to do about it, where we know that; nothing otherwise. */
async function hintFor(error: unknown, shell: Shell | null): Promise<string> {
  if (shell === null) return '';
  switch (codeOf(error)) {
    case 'UNKNOWN_SERVER':
      return hintForServer(shell);
    case 'AUTHORIZATION_REQUIRED':
      return `; ${shell.setting.path} can give it a token in "headers"`;
    case 'DAEMON_FROZEN': {
      const owner = ownerOf(shell.setting.places);
      return owner === null ? '' : `; it is process ${owner.pid}, which \`lifeline down --force\` ends`;
    }
    default:
      return '';
  }
}

/** A name that is like the one that nobody knows; nothing when there is none, or it cannot be found out. */
async function hintForServer(shell: Shell): Promise<string> {
  const { args, setting } = shell;
  try {
    const servers = await (await shell.backend()).request('servers.list');
    const [named = ''] = (args[0] ?? '').split('/');
    const meant = didYouMean(
      named,
      servers.map(({ name }) => name),
    );
    if (meant !== '') return meant;
    const tool = servers.find(({ name }) => named.startsWith(`${name}.`));
    if (tool !== undefined) return `; did you mean ${tool.name}/${named.slice(tool.name.length + 1)}?`;
    return setting.source === 'demo' ? `; ${howToConfigure()}` : '';
  } catch {
    return '';
  }
}
