import { readCallArguments } from '../callArguments.js';
import { describeAnswer, listOf, wordOf } from '../content.js';
import { codeOf, EXIT, memberOf, usageError } from '../exits.js';
import { describeProgress } from '../progress.js';
import type { Command, Shell } from '../Shell.js';

/** `call <server> <tool> [arguments]`: the one that is waited for most, and loads nothing that it can do without. */
export const call: Command = async (shell) => {
  const { output, deadline } = shell;
  const { server, tool, words } = readTarget(shell.args);
  const args = await readCallArguments(words, {
    readInput: () => readInput(deadline.signal),
    schema: () => schemaOf(shell, server, tool),
  });
  const backend = await shell.backend();
  let hasShown = false;
  const onprogress = (value: unknown) => {
    hasShown = true;
    output.progress(describeProgress(value));
  };
  try {
    const asked = backend.request('tools.call', { server, tool, arguments: args }, { onprogress });
    const result = await asked.finally(() => {
      if (hasShown) output.progress(null);
    });
    const isError = memberOf(result, 'isError') === true;
    if (output.isJson) output.json(result);
    else if (isError) output.note(describeAnswer(result));
    else output.text(describeAnswer(result));
    if (isError) await suggestTool(shell, server, tool);
    return isError ? EXIT.answered : EXIT.ok;
  } catch (error) {
    if (codeOf(error) === 'SERVER_ERROR') await suggestTool(shell, server, tool);
    throw error;
  }
};

/** `server tool`, or `server/tool`. */
export function readTarget(args: readonly string[]): {
  server: string;
  tool: string;
  words: readonly string[];
} {
  const [first, ...rest] = args;
  if (first === undefined) throw usageError('call needs a server and a tool: lifeline call <server> <tool>');
  const at = first.indexOf('/');
  // A server's name can have slashes, too: then its tool is a word of its own.
  const isWhole = rest[0] !== undefined && !/^\{|=|^-$/.test(rest[0]);
  if (at > 0 && !isWhole) return { server: first.slice(0, at), tool: first.slice(at + 1), words: rest };
  const [tool, ...words] = rest;
  if (tool !== undefined) return { server: first, tool, words };
  throw usageError(`call needs a tool, too: \`lifeline tools ${first}\` lists them`);
}

/** What the tool says of its arguments; undefined when the server does not tell. */
async function schemaOf(shell: Shell, server: string, tool: string): Promise<unknown> {
  const backend = await shell.backend();
  try {
    const { tools } = await backend.request('tools.list', { server });
    return memberOf(
      tools.find((each) => wordOf(each, 'name') === tool),
      'inputSchema',
    );
  } catch (error) {
    // A server that lists nothing may be called all the same; what else is wrong is found then.
    if (codeOf(error) === 'SERVER_ERROR') return undefined;
    throw error;
  }
}

/** Servers say in words of their own that there is no such tool, so the list is asked. */
async function suggestTool(shell: Shell, server: string, tool: string): Promise<void> {
  if (shell.output.isJson) return;
  const { suggestOther } = await import('../suggestOther.js');
  await suggestOther(shell, { server, what: 'tool', name: tool }, async (backend) =>
    listOf(await backend.request('tools.list', { server }), 'tools').map((each) => wordOf(each, 'name')),
  );
}

async function readInput(signal: AbortSignal): Promise<string> {
  const { stdin } = process;
  const onabort = () => stdin.destroy(signal.reason);
  signal.addEventListener('abort', onabort, { once: true });
  let text = '';
  for await (const chunk of stdin.setEncoding('utf8')) text += String(chunk);
  return text;
}
