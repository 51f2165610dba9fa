import { usageError } from './exits.js';
import { readAs } from './typedValue.js';

export interface ToolArguments {
  [name: string]: unknown;
}

/** Where arguments come from, beside the command line. */
export interface ArgumentSources {
  /** The standard input, to its end. */
  readInput(): Promise<string>;
  /** What the tool says of its arguments (JSON Schema); undefined when that is not known. Asked for only if needed. */
  schema(): Promise<unknown>;
}

/**
 * The arguments of a tool from the words of a command line, the later ones over the earlier: a JSON object, `-` for
 * one from the standard input, `key=value`, and `key:=json`.
 *
 * @throws CommandError `USAGE`
 */
export async function readCallArguments(
  words: readonly string[],
  { readInput, schema }: ArgumentSources,
): Promise<ToolArguments> {
  const found: [string, unknown][] = [];
  for (const word of words) {
    if (word === '-') found.push(...(await readObject(await readInput(), 'the standard input')));
    else if (word.startsWith('{')) found.push(...(await readObject(word, 'the arguments')));
    else found.push(await readPair(word, schema));
  }
  // Not by assignment: `__proto__` is a name like any other.
  return Object.fromEntries(found);
}

async function readObject(text: string, what: string): Promise<[string, unknown][]> {
  const value = await parse(text, what);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return Object.entries(value);
  throw usageError(`${what}: found ${kindOf(value)}, expected a JSON object`);
}

async function readPair(word: string, schema: ArgumentSources['schema']): Promise<[string, unknown]> {
  const at = word.indexOf('=');
  const isJson = word[at - 1] === ':';
  const key = word.slice(0, isJson ? at - 1 : at);
  if (at === -1 || key === '') {
    const expected = 'expected key=value, key:=json, a JSON object, or - for the standard input';
    throw usageError(`found ${JSON.stringify(word)}, ${expected}`);
  }
  const text = word.slice(at + 1);
  if (isJson) return [key, await parse(text, `the value of ${JSON.stringify(key)}`)];
  // What cannot be anything but text needs no question, and most arguments are that.
  if (!looksLikeJson(text)) return [key, text];
  return [key, readAs(text, await schema(), key)];
}

function looksLikeJson(text: string): boolean {
  return /^(?:-?\d|true$|false$|null$|\{|\[)/.test(text);
}

async function parse(text: string, what: string): Promise<unknown> {
  try {
    return JSON.parse(text);
  } catch {
    const { findJsonFlaw } = await import('./jsonFlaw.js');
    const flaw = findJsonFlaw(text);
    if (flaw === null) throw usageError(`${what}: found what is no JSON`);
    const { line, column, found, expected } = flaw;
    throw usageError(
      `${what}: no JSON: line ${line}, column ${column}: found ${found}, expected ${expected}`,
    );
  }
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'an array' : `a ${typeof value}`;
}
