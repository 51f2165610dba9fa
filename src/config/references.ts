/** Variables as a process has them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What a name in `${…}` is allowed to be. The parentheses are for Windows: `ProgramFiles(x86)`. */
export const VARIABLE_NAME = '[A-Za-z_][A-Za-z0-9_()]*';

/**
 * Names in `${…}` that are no variables, as editors have them. Those that say something about the machine
 * are read from variables all the same, so that a fingerprint over variables covers them.
 */
export const PREDEFINED: ReadonlyMap<string, readonly string[]> = new Map([
  ['workspaceFolder', []],
  ['workspaceFolderBasename', []],
  ['pathSeparator', []],
  ['/', []],
  ['userHome', ['HOME', 'USERPROFILE']],
]);

/** The value of a variable, which may be called like something that every object has. */
export function lookUp(env: Environment, name: string): string | undefined {
  return Object.hasOwn(env, name) ? env[name] : undefined;
}

const REFERENCE = new RegExp(`\\$\\{(env:)?(${VARIABLE_NAME})(?=\\}|:-)`, 'g');

/**
 * The variables that a configuration's text refers to, sorted. Found in the raw text, without parsing it:
 * what is in a comment counts as well, which is one too many and never one too few.
 */
export function referencedVariables(text: string): string[] {
  // A string of JSON can spell any character as an escape.
  const plain = text.replace(/\\u([0-9a-fA-F]{4})/g, (_, code: string) =>
    String.fromCharCode(Number.parseInt(code, 16)),
  );
  const names = new Set<string>();
  for (const [, kind, name = ''] of plain.matchAll(REFERENCE)) {
    const predefined = kind === undefined ? PREDEFINED.get(name) : undefined;
    for (const variable of predefined ?? [name]) names.add(variable);
  }
  return [...names].sort();
}
