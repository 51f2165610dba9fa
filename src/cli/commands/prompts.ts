import { listOf, wordOf } from '../content.js';
import { askEach, listTable } from '../lists.js';
import type { Command } from '../Shell.js';

/** `prompts [server]` */
export const prompts: Command = async (shell) => {
  const backend = await shell.backend();
  const lists = await askEach(backend, shell.args[0], async (server) => {
    return listOf(await backend.request('prompts.list', { server }), 'prompts');
  });
  return listTable(shell, 'prompts', lists, (item) => [wordOf(item, 'name'), wordOf(item, 'description')]);
};
