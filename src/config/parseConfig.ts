import { kindOf } from '../connection/checks.js';
import { escapeText } from '../escape.js';
import { checkShape, warnOfUnknownFields } from './checkShape.js';
import { ConfigDocument } from './configDocument.js';
import { declareServer } from './declareServer.js';
import type { JsonPath } from './jsonText.js';
import { placeOf } from './places.js';
import type { DeclaredServer, LoadedConfig } from './serverConfig.types.js';
import { suggestName } from './suggestions.js';

/** What hosts call the part of the file that has the servers. */
const SECTIONS = ['mcpServers', 'servers'];
/** Known, and of no use here. References to inputs are refused where they are. */
const OTHERS = ['inputs', '$schema'];

const LONGEST_NAME = 64;

/**
 * What a configuration says, before any variable is looked at: for showing what it would run.
 *
 * @param path of the file: errors name it, and relative paths in it start from its folder
 * @param text as `readConfigText` returns it
 * @throws ConfigFileError with everything that is wrong
 */
export function parseConfig({ path, text }: { path: string; text: string }): LoadedConfig<DeclaredServer> {
  const place = placeOf(path);
  const document = new ConfigDocument(place.path, text);
  const servers = readServers(document, place.folder);
  document.check();
  return { servers, warnings: document.warnings };
}

/** The servers that are in order; the document is told of the others. */
export function readServers(document: ConfigDocument, folder: string): Map<string, DeclaredServer> {
  const servers = new Map<string, DeclaredServer>();
  for (const { path, value } of listServers(document)) {
    const name = String(path.at(-1));
    if (!checkName(document, path, name)) continue;
    warnOfUnknownFields(document, path, value);
    const fields = checkShape(document, path, value);
    if (fields === undefined) continue;
    const server = declareServer(document, { name, path, folder, fields, value });
    if (server === undefined) continue;
    if (servers.has(name)) document.reject(path, 'a second server of this name', 'one');
    else servers.set(name, server);
  }
  return servers;
}

function listServers(document: ConfigDocument): { path: JsonPath; value: unknown }[] {
  const { value, members } = document.root;
  if (members === undefined) {
    document.reject([], kindOf(value), 'an object');
    return [];
  }
  const sections = [...members].filter(([field]) => SECTIONS.includes(field));
  const unknown = [...members.keys()].filter((field) => ![...SECTIONS, ...OTHERS].includes(field));
  if (sections.length === 0) {
    const meant = unknown.find((field) => suggestName(field, SECTIONS) !== undefined);
    const hint = meant === undefined ? '' : ` instead of ${JSON.stringify(shorten(meant))}`;
    document.reject([], 'no servers', `"mcpServers" or "servers"${hint}`);
  } else if (unknown.length > 0) {
    // One for all of them: whole settings of hosts are given to us.
    const shown = unknown.slice(0, 5).map(shorten).join(', ');
    document.warn([], () => `not known here, ignored: ${shown}${unknown.length > 5 ? ', …' : ''}`);
  }
  return sections.flatMap(([section, node]) => {
    if (node.members === undefined) document.reject([section], kindOf(node.value), 'an object of servers');
    return [...(node.members ?? [])].map(([name, { value }]) => ({ path: [section, name], value }));
  });
}

function shorten(field: string): string {
  return field.length > 32 ? `${field.slice(0, 31)}…` : field;
}

function checkName(document: ConfigDocument, path: JsonPath, name: string): boolean {
  const problem = problemOfName(name);
  if (problem === undefined) return true;
  const expected = `1 to ${LONGEST_NAME} characters, none of them invisible`;
  document.reject(path, problem, `a server's name: ${expected}`);
  return false;
}

function problemOfName(name: string): string | undefined {
  if (name === '') return 'an empty name';
  if (name.length > LONGEST_NAME) return `a name of ${name.length} characters`;
  return escapeText(name) === name ? undefined : 'a name with invisible characters';
}
