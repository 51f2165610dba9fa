import type { DaemonRequests } from '../../daemon/protocol.types.js';
import { describeBlock, listOf, wordOf } from '../content.js';
import { codeOf, EXIT, memberOf, usageError } from '../exits.js';
import type { Command, Shell } from '../Shell.js';
import { suggestOther } from '../suggestOther.js';

type PromptParams = DaemonRequests['prompts.get']['params'];

/** `prompt <server> <prompt> [key=value …]`: arguments of prompts are texts, always. */
export const prompt: Command = async (shell) => {
  const { output } = shell;
  const [server, name, ...words] = shell.args;
  if (server === undefined || name === undefined) throw usageError('prompt needs a server and a prompt');
  const args = Object.fromEntries(words.map(readPair));
  const params = { server, prompt: name, arguments: args };
  const result = await ask(shell, params);
  if (output.isJson) output.json(result);
  else {
    for (const message of listOf(result, 'messages')) {
      output.text(`${wordOf(message, 'role')}: ${describeBlock(memberOf(message, 'content'))}`);
    }
  }
  return EXIT.ok;
};

async function ask(shell: Shell, params: PromptParams): Promise<unknown> {
  const { server, prompt: name } = params;
  const backend = await shell.backend();
  try {
    return await backend.request('prompts.get', params);
  } catch (error) {
    if (codeOf(error) === 'SERVER_ERROR' && !shell.output.isJson) {
      await suggestOther(shell, { server, what: 'prompt', name }, async () => {
        const { prompts } = await backend.request('prompts.list', { server });
        return prompts.map((each) => wordOf(each, 'name'));
      });
    }
    throw error;
  }
}

function readPair(word: string): [string, string] {
  const at = word.indexOf('=');
  if (at < 1) throw usageError(`found ${JSON.stringify(word)}, expected key=value`);
  return [word.slice(0, at), word.slice(at + 1)];
}
