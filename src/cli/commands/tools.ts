import { didYouMean } from '../../config/suggestions.js';
import type { Backend } from '../backend.types.js';
import { listOf, wordOf } from '../content.js';
import { EXIT, memberOf, usageError } from '../exits.js';
import { askEach, listOrNone, showLists } from '../lists.js';
import type { Command } from '../Shell.js';
import { splitServerAndTool } from '../serverAndTool.js';
import { writeTable } from '../table.js';

/** `tools [server] [tool]` */
export const tools: Command = async (shell) => {
  const backend = await shell.backend();
  const [server, tool] = await partsOf(backend, shell.args);
  if (server !== undefined && tool !== undefined) return showTool(backend, server, tool, shell);
  const all = await askEach(backend, server, async (name) => ({
    tools: await listOrNone(backend.request('tools.list', { server: name }), ({ tools: each }) => each),
  }));
  return showLists(shell, 'tool', all, (item) => [wordOf(item, 'name'), wordOf(item, 'description')]);
};

/** `server tool`, or `server/tool` as `call` takes it. */
async function partsOf(
  backend: Backend,
  [first, second]: readonly string[],
): Promise<readonly (string | undefined)[]> {
  if (first === undefined || second !== undefined || !first.includes('/')) return [first, second];
  const names = (await backend.request('servers.list')).map(({ name }) => name);
  const parts = names.includes(first) ? null : splitServerAndTool(first, names);
  return parts === null ? [first] : [parts.server, parts.tool || undefined];
}

async function showTool(
  backend: Backend,
  server: string,
  name: string,
  { output }: Parameters<Command>[0],
): Promise<number> {
  const all = listOf(await backend.request('tools.list', { server }), 'tools');
  const tool = all.find((each) => wordOf(each, 'name') === name);
  if (tool === undefined) {
    const names = all.map((each) => wordOf(each, 'name'));
    throw usageError(`${server} has no tool ${JSON.stringify(name)}${didYouMean(name, names)}`);
  }
  if (output.isJson) {
    output.json(tool);
    return EXIT.ok;
  }
  output.text(`${server}/${name}`);
  const description = wordOf(tool, 'description');
  if (description !== '') output.text(description);
  const schema = memberOf(tool, 'inputSchema');
  const required = listOf(schema, 'required');
  const properties = memberOf(schema, 'properties');
  const rows = Object.entries(typeof properties === 'object' && properties !== null ? properties : {}).map(
    ([property, type]) => [
      property,
      wordOf(type, 'type') || 'any',
      required.includes(property) ? 'required' : '',
      wordOf(type, 'description'),
    ],
  );
  writeTable(output, ['argument', 'type', '', ''], rows);
  return EXIT.ok;
}
