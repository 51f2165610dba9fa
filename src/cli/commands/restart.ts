import { EXIT, usageError } from '../exits.js';
import type { Command } from '../Shell.js';

/** `restart <server>` */
export const restart: Command = async (shell) => {
  const [server] = shell.args;
  if (server === undefined) throw usageError('restart needs a server');
  await (await shell.backend()).request('server.restart', { server });
  if (shell.output.isJson) shell.output.json({ server, restarted: true });
  else shell.output.note(`${server}: restarted`);
  return EXIT.ok;
};
