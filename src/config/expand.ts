import { existsSync } from 'node:fs';
import { basename, isAbsolute, sep } from 'node:path';
import { isTelling } from '../redact.js';
import { type Environment, lookUp, VARIABLE_NAME } from './references.js';

/** A text with its variables put in. */
export interface Expansion {
  text: string;
  /** Values of variables in it that are worth hiding. */
  secrets: string[];
  problems: { found: string; expected: string }[];
  /** Whether it has a `${…}` that refers to nothing and was left as it is. */
  hasUnknown: boolean;
}

/** What references are looked up in. */
export interface Variables {
  env: Environment;
  /** Values of the names that are no variables. */
  predefined: ReadonlyMap<string, string>;
}

/** @param folder what the file speaks of: its own folder, or its project's */
export function variablesFor(env: Environment, folder: string): Variables {
  const predefined = new Map([
    ['workspaceFolder', folder],
    ['workspaceFolderBasename', basename(folder)],
    ['pathSeparator', sep],
    ['/', sep],
  ]);
  return { env, predefined };
}

const VARIABLE = new RegExp(`^(env:)?(${VARIABLE_NAME})(?::-(.*))?$`, 's');
/** `${userHome}` is it, so that there is one answer to where a home is. */
const HOME_VARIABLE = process.platform === 'win32' ? 'USERPROFILE' : 'HOME';
/** Kinds of references that editors resolve, and nobody else can. */
const EDITORS_OWN = /^(?:input|command|config|workspaceFolder):/;

/** Puts variables in, once: what a variable brings in is not looked at again. */
export function expandText(text: string, variables: Variables): Expansion {
  const expansion: Expansion = { text: '', secrets: [], problems: [], hasUnknown: false };
  // A function, because a replacement text would be searched for `$&` and the like.
  expansion.text = text.replace(/\$\{([^}]*)\}/g, (reference, body: string) => {
    const value = resolveReference(body, variables, expansion);
    return value ?? reference;
  });
  return expansion;
}

/** What stands for a reference; undefined when nothing does. */
function resolveReference(
  body: string,
  { env, predefined }: Variables,
  expansion: Expansion,
): string | undefined {
  const [, kind, written, fallback] = VARIABLE.exec(body) ?? [];
  const given = kind === undefined ? predefined.get(written ?? body) : undefined;
  if (given !== undefined) return given;
  if (written === undefined) {
    if (EDITORS_OWN.test(body)) expansion.problems.push(editorsOwn(body));
    else expansion.hasUnknown = true;
    return undefined;
  }
  const name = kind === undefined && written === 'userHome' ? HOME_VARIABLE : written;
  if (fallback?.includes('${')) {
    const found = `a reference in the default of ${name}`;
    expansion.problems.push({ found, expected: 'a default without references' });
    return undefined;
  }
  const value = lookUp(env, name);
  if (fallback !== undefined && (value === undefined || value === '')) return fallback;
  if (value === undefined) {
    const found = `no variable ${name} in the environment`;
    expansion.problems.push({ found, expected: `one, or a default: \${${name}:-…}` });
    return undefined;
  }
  if (isTelling(value) && !isPlace(value)) expansion.secrets.push(value);
  return value;
}

/** A path is no secret, and messages without paths help nobody. But keys may begin with a slash, too. */
function isPlace(value: string): boolean {
  return isAbsolute(value) && existsSync(value);
}

function editorsOwn(body: string): Expansion['problems'][number] {
  const reference = `\${${body.length > 40 ? `${body.slice(0, 39)}…` : body}}`;
  if (!body.startsWith('input:')) {
    return { found: reference, expected: `an environment variable, such as \${NAME}` };
  }
  const variable = body.slice('input:'.length).replace(/\W/g, '_').toUpperCase().slice(0, 32);
  const expected = `an environment variable, such as \${${variable || 'NAME'}}: there is nobody to ask for an input`;
  return { found: reference, expected };
}
