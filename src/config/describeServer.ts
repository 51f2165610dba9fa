import { isAbsolute, join } from 'node:path';
import { escapeText } from '../escape.js';
import { isLong, readServerUrl, showUrl } from '../transports/serverUrl.js';
import { referencedVariables } from './references.js';
import type { DeclaredServer } from './serverConfig.types.js';

/**
 * What using a server means: what is run and where, or what is talked to. All texts are safe on a terminal.
 * References to variables stay references, and of environment and headers there are only names.
 */
export interface ServerDescription {
  name: string;
  /** Program and arguments, quoted so that one sees where each begins and ends. Null: nothing is run. */
  command: string | null;
  /** Where it is run. */
  cwd: string | null;
  /** Where it is reached: without what of a URL may be secret. Null: it is a program. */
  url: string | null;
  /** Names of the variables that are set for it. Some change what a program is: `PATH`, `NODE_OPTIONS`. */
  env: string[];
  /** Names of headers. */
  headers: string[];
  /** Names of the caller's variables that reach it. */
  variables: string[];
  disabled: boolean;
}

/** What a server of a file is, for people who are asked whether they trust it. */
export function describeServer({ name, folder, transport, disabled }: DeclaredServer): ServerDescription {
  const isProgram = 'command' in transport;
  return {
    name: escapeText(name),
    command: isProgram ? [transport.command, ...transport.args].map(quote).join(' ') : null,
    cwd: isProgram ? escapeText(placeIn(folder, transport.cwd)) : null,
    url: isProgram ? null : escapeText(showAddress(transport.url)),
    env: isProgram ? namesOf(transport.env) : [],
    headers: isProgram ? [] : namesOf(transport.headers),
    variables: referencedVariables(JSON.stringify(transport)),
    disabled,
  };
}

/** A word as a shell would need it, had one to read it. */
function quote(word: string): string {
  const isPlain = /^[\w@%+=:,./{}$-]+$/.test(word);
  return escapeText(isPlain ? word : `'${word.replaceAll("'", "'\\''")}'`);
}

function placeIn(folder: string, cwd: string | undefined): string {
  if (cwd === undefined) return folder;
  return isAbsolute(cwd) || cwd.startsWith('${') ? cwd : join(folder, cwd);
}

function namesOf(texts: readonly (readonly [string, string])[]): string[] {
  return texts.map(([name]) => escapeText(name));
}

/** An address whose host is decided before the path begins: in the text, or by one variable of the user's. */
const DECIDED_HOST = /^(https?:\/\/[^/?#\\${}]*|\$\{(?:env:)?[^}:]*\})([/?#].*)?$/is;

/**
 * Where an address leads, without what may be secret in it. The host is the one that is talked to, however it was
 * spelled. Where references may decide about it, nothing is left out that could become a part of it.
 */
function showAddress(url: string): string {
  if (!url.includes('${')) return shownUrl(url) ?? 'no http: or https: URL';
  const [, start, rest = ''] = DECIDED_HOST.exec(url) ?? [];
  const origin = start === undefined || start.startsWith('${') ? start : shownUrl(start);
  if (typeof origin === 'string') return origin + hideParts(rest);
  const [address = '', ending = ''] = /^(?:\$\{[^}]*\}|[^?#])*(\?)?/.exec(url) ?? [];
  // Only what is a name and a password for certain: a reference may bring the end of the host.
  const shown = address.replace(/\?$/, '').replace(/^([a-z]*:\/*)[^/\\${}?#]*@/i, '$1…@');
  return asciiOf(shown) + (ending === '' ? '' : '?…');
}

function shownUrl(url: string): string | null {
  try {
    return showUrl(readServerUrl(url).url);
  } catch {
    return null;
  }
}

/** Of a path with references what is no key, and of a query that there is one. */
function hideParts(text: string): string {
  const [, path = '', query = ''] = /^([^?#]*)(\?[^#]*)?/.exec(text) ?? [];
  const segments = path.split('/').map((part) => (isLong(part.replace(/\$\{[^}]*\}/g, '')) ? '…' : part));
  return segments.join('/') + (query === '' ? '' : '?…');
}

/** Letters that look like others are spelled out. An address means the same then. */
function asciiOf(text: string): string {
  return text.replace(/[^\p{ASCII}…\p{Cs}]/gu, encodeURIComponent);
}
