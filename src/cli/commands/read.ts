import { describeResource, listOf } from '../content.js';
import { EXIT, usageError } from '../exits.js';
import type { Command } from '../Shell.js';

/** `read <server> <uri>` */
export const read: Command = async (shell) => {
  const { output } = shell;
  const [server, uri] = shell.args;
  if (server === undefined || uri === undefined) throw usageError('read needs a server and a URI');
  const result = await (await shell.backend()).request('resources.read', { server, uri });
  if (output.isJson) output.json(result);
  else for (const resource of listOf(result, 'contents')) output.text(describeResource(resource));
  return EXIT.ok;
};
