import { listOf, wordOf } from '../content.js';
import { askEach, listTable } from '../lists.js';
import type { Command } from '../Shell.js';

/** `resources [server]` */
export const resources: Command = async (shell) => {
  const backend = await shell.backend();
  const lists = await askEach(backend, shell.args[0], async (server) => {
    return listOf(await backend.request('resources.list', { server }), 'resources');
  });
  const fields = (item: unknown) =>
    [wordOf(item, 'uri'), wordOf(item, 'description') || wordOf(item, 'name')] as const;
  return listTable(shell, 'resources', lists, fields);
};
