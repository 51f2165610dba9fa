import { messageOf } from '../errors.js';
import type { Backend } from './backend.types.js';
import { firstLineOf } from './content.js';
import { codeOf, EXIT, exitOf } from './exits.js';
import type { Shell } from './Shell.js';

/** What one server has of something, or why that is not known. */
export type ServerList = { server: string; items: readonly unknown[] } | { server: string; error: unknown };

/**
 * Asks the one server that was named, or all of them at once. What one fails with is no matter to the others.
 *
 * @throws what the server that was named failed with
 */
export async function askEach(
  backend: Backend,
  named: string | undefined,
  ask: (server: string) => Promise<readonly unknown[]>,
): Promise<ServerList[]> {
  if (named !== undefined) return [{ server: named, items: await ask(named) }];
  const servers = await backend.request('servers.list');
  const usable = servers.filter(({ isDisabled }) => !isDisabled);
  return Promise.all(
    usable.map(async ({ name }): Promise<ServerList> => {
      try {
        return { server: name, items: await ask(name) };
      } catch (error) {
        return { server: name, error };
      }
    }),
  );
}

/** JSON: `[{ server, <what>: [] } | { server, error: { code, message } }]`. The exit code is that of the first failure. */
export function listTable(
  { output }: Shell,
  what: string,
  lists: readonly ServerList[],
  fieldsOf: (item: unknown) => readonly [name: string, text: string],
): number {
  const failures = lists.flatMap((list) => ('error' in list ? [list] : []));
  if (output.isJson) {
    output.json(
      lists.map((list) =>
        'error' in list
          ? { server: list.server, error: { code: codeOf(list.error), message: messageOf(list.error) } }
          : { server: list.server, [what]: list.items },
      ),
    );
  } else {
    const rows = lists.flatMap((list) =>
      'error' in list
        ? []
        : list.items.map((item) => {
            const [name, text] = fieldsOf(item);
            return [list.server, name, firstLineOf(text)];
          }),
    );
    output.table(['server', what.replace(/s$/, ''), ''], rows);
    for (const { server, error } of failures) output.note(`lifeline: ${server}: ${messageOf(error)}`);
  }
  const [failure] = failures;
  return failure === undefined ? EXIT.ok : exitOf(failure.error);
}
