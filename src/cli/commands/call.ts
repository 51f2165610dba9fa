import { readCallArguments } from '../callArguments.js';
import { describeAnswer, listOf, wordOf } from '../content.js';
import { codeOf, EXIT, memberOf, usageError } from '../exits.js';
import { describeProgress } from '../progress.js';
import { readInput } from '../readInput.js';
import type { Command, Shell } from '../Shell.js';
import { splitServerAndTool } from '../serverAndTool.js';

/** `call <server> <tool> [arguments]`: the one that is waited for most, and loads nothing that it can do without. */
export const call: Command = async (shell) => {
  const { output, deadline } = shell;
  const { server, tool, words } = await readTarget(shell);
  const args = await readCallArguments(words, {
    readInput: () => readInput(deadline),
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
async function readTarget(shell: Shell): Promise<{ server: string; tool: string; words: readonly string[] }> {
  const [first, ...rest] = shell.args;
  if (first === undefined) throw usageError('call needs a server and a tool: lifeline call <server> <tool>');
  // What follows is a tool, or its arguments already.
  const isWhole = rest[0] !== undefined && !/^\{|=|^-$/.test(rest[0]);
  const parts = isWhole ? null : splitServerAndTool(first, await namesFor(shell, first));
  if (parts !== null) return { ...parts, words: rest };
  const [tool, ...words] = rest;
  if (tool !== undefined) return { server: first, tool, words };
  throw usageError(`call needs a tool, too: \`lifeline tools ${first}\` lists them`);
}

/** The servers, where it cannot be told without them which one is meant. */
async function namesFor(shell: Shell, target: string): Promise<readonly string[]> {
  if (target.indexOf('/') === target.lastIndexOf('/')) return [];
  return (await (await shell.backend()).request('servers.list')).map(({ name }) => name);
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
