import { messageOf } from '../errors.js';
import type { Backend } from './backend.types.js';
import { firstLineOf } from './content.js';
import { codeOf, EXIT, exitOf, memberOf } from './exits.js';
import type { Shell } from './Shell.js';
import { messageFor } from './serverWords.js';
import { writeTable } from './table.js';

/** Lists by what they are lists of. */
export interface Lists {
  readonly [what: string]: readonly unknown[];
}

/** What one server has, or why that is not known. */
export type ServerLists = { server: string; lists: Lists } | { server: string; error: unknown };

/**
 * Asks the one server that was named, or all of them at once. What one fails with is no matter to the others.
 *
 * @throws what the server that was named failed with
 */
export async function askEach(
  backend: Backend,
  named: string | undefined,
  ask: (server: string) => Promise<Lists>,
): Promise<ServerLists[]> {
  if (named !== undefined) return [{ server: named, lists: await ask(named) }];
  const servers = await backend.request('servers.list');
  const usable = servers.filter(({ isDisabled }) => !isDisabled);
  return Promise.all(
    usable.map(async ({ name }): Promise<ServerLists> => {
      try {
        return { server: name, lists: await ask(name) };
      } catch (error) {
        return { server: name, error };
      }
    }),
  );
}

const METHOD_NOT_FOUND = -32601;

/**
 * A list of a server; empty where the server knows no such lists, as many do.
 *
 * @throws what else it fails with
 */
export async function listOrNone<Answer>(
  asked: Promise<Answer>,
  listIn: (answer: Answer) => readonly unknown[],
): Promise<readonly unknown[]> {
  try {
    return listIn(await asked);
  } catch (error) {
    if (memberOf(memberOf(error, 'data'), 'rpcCode') === METHOD_NOT_FOUND) return [];
    throw error;
  }
}

/**
 * JSON: `[{ server, <what>: [] } | { server, error: { code, message } }]`. The exit code is that of the first failure.
 *
 * @param what one of them is called
 */
export function showLists(
  { output, setting, args }: Shell,
  what: string,
  all: readonly ServerLists[],
  fieldsOf: (item: unknown) => readonly [name: string, text: string],
): number {
  const failures = all.flatMap((each) => ('error' in each ? [each] : []));
  const [failure] = failures;
  const exit = failure === undefined ? EXIT.ok : exitOf(failure.error);
  if (output.isJson) {
    output.json(
      all.map((each) =>
        'error' in each
          ? { server: each.server, error: { code: codeOf(each.error), message: messageOf(each.error) } }
          : { server: each.server, ...each.lists },
      ),
    );
    return exit;
  }
  const rows = all.flatMap((each) =>
    'error' in each
      ? []
      : Object.values(each.lists)
          .flat()
          .map((item) => {
            const [name, text] = fieldsOf(item);
            return [each.server, name, firstLineOf(text)];
          }),
  );
  writeTable(output, ['server', what, ''], rows);
  for (const { server, error } of failures) output.note(`lifeline: ${messageFor(error, server)}`);
  const [named] = args;
  const whose = named === undefined ? 'no server has any' : `${named} has no`;
  if (all.length === 0) output.note(`lifeline: ${setting.path}: no servers are configured`);
  else if (rows.length === 0 && failure === undefined) output.note(`lifeline: ${whose} ${what}s`);
  return exit;
}
