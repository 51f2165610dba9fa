import { basename, isAbsolute, sep } from 'node:path';
import { isTelling } from '../redact.js';
import { type Environment, lookUp, PREDEFINED, VARIABLE_NAME } from './references.js';

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
  const [posix = '', windows = ''] = PREDEFINED.get('userHome') ?? [];
  const home = lookUp(env, process.platform === 'win32' ? windows : posix);
  if (home !== undefined) predefined.set('userHome', home);
  return { env, predefined };
}

const VARIABLE = new RegExp(`^(env:)?(${VARIABLE_NAME})(?::-(.*))?$`, 's');
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
  const [, kind, name, fallback] = VARIABLE.exec(body) ?? [];
  const given = kind === undefined ? predefined.get(name ?? body) : undefined;
  if (given !== undefined) return given;
  if (name === undefined) {
    if (EDITORS_OWN.test(body)) expansion.problems.push(editorsOwn(body));
    else expansion.hasUnknown = true;
    return undefined;
  }
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
  // A path is no secret, and messages without paths help nobody.
  if (isTelling(value) && !isAbsolute(value)) expansion.secrets.push(value);
  return value;
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
