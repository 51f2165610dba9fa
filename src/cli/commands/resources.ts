import { wordOf } from '../content.js';
import { askEach, listOrNone, showLists } from '../lists.js';
import type { Command } from '../Shell.js';

/** `resources [server]`: those that it lists, and the templates of others. */
export const resources: Command = async (shell) => {
  const backend = await shell.backend();
  const all = await askEach(backend, shell.args[0], async (server) => {
    const [listed, templates] = await Promise.all([
      listOrNone(backend.request('resources.list', { server }), (answer) => answer.resources),
      listOrNone(backend.request('resources.templates', { server }), (answer) => answer.resourceTemplates),
    ]);
    return { resources: listed, resourceTemplates: templates };
  });
  const fields = (item: unknown) =>
    [
      wordOf(item, 'uri') || wordOf(item, 'uriTemplate'),
      wordOf(item, 'description') || wordOf(item, 'name'),
    ] as const;
  return showLists(shell, 'resource', all, fields);
};
