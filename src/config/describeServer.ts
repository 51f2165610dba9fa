import { isAbsolute, join } from 'node:path';
import { escapeText } from '../escape.js';
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
    url: isProgram ? null : escapeText(hideSecrets(transport.url)),
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

/** Longer parts of a path may be keys, as hosted servers have them. */
const LONGEST_SHOWN_SEGMENT = 16;

/** A URL that may still have references in it, and so is none yet. */
function hideSecrets(url: string): string {
  const [, address = '', query = ''] = /^([^?#]*)(\?[^#]*)?/.exec(url) ?? [];
  const withoutUser = address.replace(/^([a-z]*:?\/*)[^/]*@/i, '$1…@');
  // Of an origin only names and numbers are left.
  const first = withoutUser.includes('://') ? 3 : 1;
  const segments = withoutUser.split('/').map((part, index) => (index >= first && isLong(part) ? '…' : part));
  return segments.join('/') + (query === '' ? '' : '?…');
}

function isLong(segment: string): boolean {
  return segment.replace(/\$\{[^}]*\}/g, '').length > LONGEST_SHOWN_SEGMENT;
}
