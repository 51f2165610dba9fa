import { readCallArguments } from '../callArguments.js';
import { describeAnswer } from '../content.js';
import { EXIT, memberOf, usageError } from '../exits.js';
import { describeProgress } from '../progress.js';
import type { Command } from '../Shell.js';

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
    const result = await backend.request('tools.call', { server, tool, arguments: args }, { onprogress });
    const isError = memberOf(result, 'isError') === true;
    if (output.isJson) output.json(result);
    else if (isError) output.note(describeAnswer(result));
    else output.text(describeAnswer(result));
    return isError ? EXIT.answered : EXIT.ok;
  } finally {
    if (hasShown) output.progress(null);
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
  if (at > 0) return { server: first.slice(0, at), tool: first.slice(at + 1), words: rest };
  const [tool, ...words] = rest;
  if (tool !== undefined) return { server: first, tool, words };
  throw usageError('call needs a tool, too: lifeline call <server> <tool>');
}

async function readInput(): Promise<string> {
  let text = '';
  for await (const chunk of process.stdin.setEncoding('utf8')) text += String(chunk);
  return text;
}
