import { didYouMean } from '../../config/suggestions.js';
import { describeResource, listOf, wordOf } from '../content.js';
import { codeOf, EXIT, usageError } from '../exits.js';
import type { Command, Shell } from '../Shell.js';
import { suggestOther } from '../suggestOther.js';

/** `read <server> <uri>` */
export const read: Command = async (shell) => {
  const { output } = shell;
  const [server, uri] = shell.args;
  if (server === undefined || uri === undefined) throw usageError('read needs a server and a URI');
  const result = await ask(shell, server, uri);
  if (output.isJson) output.json(result);
  else for (const resource of listOf(result, 'contents')) output.text(describeResource(resource));
  return EXIT.ok;
};

async function ask(shell: Shell, server: string, uri: string): Promise<unknown> {
  const backend = await shell.backend();
  try {
    return await backend.request('resources.read', { server, uri });
  } catch (error) {
    if (codeOf(error) === 'SERVER_ERROR' && !shell.output.isJson) await suggest(shell, server, uri);
    throw error;
  }
}

/** Only what is near: a server may have more than it lists. */
async function suggest(shell: Shell, server: string, uri: string): Promise<void> {
  await suggestOther(shell, { server, what: 'resource', name: uri }, async (backend) => {
    const { resources } = await backend.request('resources.list', { server });
    const names = resources.map((each) => wordOf(each, 'uri'));
    return didYouMean(uri, names) === '' ? [uri] : names;
  });
}
