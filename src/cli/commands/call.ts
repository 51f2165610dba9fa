import { didYouMean } from '../../config/suggestions.js';
import type { Backend } from '../backend.types.js';
import { readCallArguments } from '../callArguments.js';
import { describeAnswer, wordOf } from '../content.js';
import { codeOf, EXIT, memberOf, usageError } from '../exits.js';
import { describeProgress } from '../progress.js';
import type { Command, Shell } from '../Shell.js';

/** `call <server> <tool> [arguments]`: the one that is waited for most, and loads nothing that it can do without. */
export const call: Command = async (shell) => {
  const { output } = shell;
  const { server, tool, words } = readTarget(shell.args);
  const args = await readCallArguments(words, readInput);
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
    if (isError && !output.isJson) await suggestTool(shell, backend, { server, tool });
    return isError ? EXIT.answered : EXIT.ok;
  } catch (error) {
    if (codeOf(error) === 'SERVER_ERROR' && !output.isJson) {
      await suggestTool(shell, backend, { server, tool });
    }
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
  throw usageError('call needs a tool, too: lifeline call <server> <tool>');
}

/** Servers say in words of their own that there is no such tool, so the list is asked. */
async function suggestTool(
  { output }: Shell,
  backend: Backend,
  { server, tool }: { server: string; tool: string },
): Promise<void> {
  try {
    const { tools } = await backend.request('tools.list', { server });
    const names = tools.map((each) => wordOf(each, 'name'));
    if (names.includes(tool)) return;
    output.note(`lifeline: ${server} has no tool ${JSON.stringify(tool)}${didYouMean(tool, names)}`);
  } catch {
    // The answer was told already.
  }
}

async function readInput(): Promise<string> {
  let text = '';
  for await (const chunk of process.stdin.setEncoding('utf8')) text += String(chunk);
  return text;
}
