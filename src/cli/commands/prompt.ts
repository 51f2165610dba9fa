import { describeBlock, listOf, wordOf } from '../content.js';
import { EXIT, memberOf, usageError } from '../exits.js';
import type { Command } from '../Shell.js';

/** `prompt <server> <prompt> [key=value …]`: arguments of prompts are texts, always. */
export const prompt: Command = async (shell) => {
  const { output } = shell;
  const [server, name, ...words] = shell.args;
  if (server === undefined || name === undefined) throw usageError('prompt needs a server and a prompt');
  const args = Object.fromEntries(words.map(readPair));
  const params = { server, prompt: name, arguments: args };
  const result = await (await shell.backend()).request('prompts.get', params);
  if (output.isJson) output.json(result);
  else {
    for (const message of listOf(result, 'messages')) {
      output.text(`${wordOf(message, 'role')}: ${describeBlock(memberOf(message, 'content'))}`);
    }
  }
  return EXIT.ok;
};

function readPair(word: string): [string, string] {
  const at = word.indexOf('=');
  if (at < 1) throw usageError(`found ${JSON.stringify(word)}, expected key=value`);
  return [word.slice(0, at), word.slice(at + 1)];
}
