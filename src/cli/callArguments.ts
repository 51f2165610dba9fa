import { usageError } from './exits.js';

export interface ToolArguments {
  [name: string]: unknown;
}

/**
 * The arguments of a tool from the words of a command line, the later ones over the earlier: a JSON object, `-` for
 * one from the standard input, `key=value`, and `key:=json`.
 *
 * @param readInput the standard input
 * @throws CommandError `USAGE`
 */
export async function readCallArguments(
  words: readonly string[],
  readInput: () => Promise<string>,
): Promise<ToolArguments> {
  const found: [string, unknown][] = [];
  for (const word of words) {
    if (word === '-') found.push(...readObject(await readInput(), 'the standard input'));
    else if (word.startsWith('{')) found.push(...readObject(word, 'the arguments'));
    else found.push(readPair(word));
  }
  // Not by assignment: `__proto__` is a name like any other.
  return Object.fromEntries(found);
}

function readObject(text: string, what: string): [string, unknown][] {
  const value = parse(text, what);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return Object.entries(value);
  throw usageError(`${what}: found ${kindOf(value)}, expected a JSON object`);
}

function readPair(word: string): [string, unknown] {
  const at = word.indexOf('=');
  const isJson = word[at - 1] === ':';
  const key = word.slice(0, isJson ? at - 1 : at);
  if (at === -1 || key === '') {
    const expected = 'expected key=value, key:=json, a JSON object, or - for the standard input';
    throw usageError(`found ${JSON.stringify(word)}, ${expected}`);
  }
  const value = word.slice(at + 1);
  return [key, isJson ? parse(value, `the value of ${JSON.stringify(key)}`) : guess(value)];
}

/** What looks like JSON and is no text is meant as that; whoever means the text writes `key:="7"`. */
function guess(text: string): unknown {
  if (!/^(?:-?\d|true$|false$|null$|\{|\[)/.test(text)) return text;
  try {
    const value: unknown = JSON.parse(text);
    // Digits that a number cannot hold are a name of something, and would become another.
    return typeof value === 'number' && !isExact(value) ? text : value;
  } catch {
    return text;
  }
}

function isExact(value: number): boolean {
  return Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value));
}

function parse(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own words quote the text, which may hold a secret.
    throw usageError(`${what}: found what is no JSON`);
  }
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'an array' : `a ${typeof value}`;
}
