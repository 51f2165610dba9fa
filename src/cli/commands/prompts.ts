import { wordOf } from '../content.js';
import { askEach, listOrNone, showLists } from '../lists.js';
import type { Command } from '../Shell.js';

/** `prompts [server]` */
export const prompts: Command = async (shell) => {
  const backend = await shell.backend();
  const all = await askEach(backend, shell.args[0], async (server) => ({
    prompts: await listOrNone(backend.request('prompts.list', { server }), (answer) => answer.prompts),
  }));
  return showLists(shell, 'prompt', all, (item) => [wordOf(item, 'name'), wordOf(item, 'description')]);
};
