import { didYouMean } from '../config/suggestions.js';
import { usageError } from './exits.js';

export interface CommandLine {
  command: string;
  /** What follows the command and is no option. */
  args: readonly string[];
  options: Options;
}

export interface Options {
  config?: string;
  /** Of a diagram. */
  format?: string;
  mermaid?: boolean;
  table?: boolean;
  svg?: boolean;
  /** A state of a chart. */
  to?: string;
  /** What a module of the user's exports. */
  export?: string;
  /** Milliseconds. */
  timeout?: number;
  /** Of stories to certify: which, and milliseconds for each step. */
  transport?: string;
  only?: string;
  patience?: number;
  json?: boolean;
  'no-daemon'?: boolean;
  help?: boolean;
  version?: boolean;
  watch?: boolean;
  foreground?: boolean;
  follow?: boolean;
  yes?: boolean;
  forget?: boolean;
  force?: boolean;
  /** Of a page that is served. */
  port?: string;
  open?: boolean;
}

/** Options by their names: whether they take a value, and their letter. */
export const OPTION_KINDS: { readonly [name in keyof Required<Options>]: 'flag' | 'text' } = {
  config: 'text',
  timeout: 'text',
  format: 'text',
  mermaid: 'flag',
  table: 'flag',
  svg: 'flag',
  to: 'text',
  export: 'text',
  transport: 'text',
  only: 'text',
  patience: 'text',
  json: 'flag',
  'no-daemon': 'flag',
  help: 'flag',
  version: 'flag',
  watch: 'flag',
  foreground: 'flag',
  follow: 'flag',
  yes: 'flag',
  forget: 'flag',
  force: 'flag',
  port: 'text',
  open: 'flag',
};

export const OPTION_NAMES: readonly string[] = Object.keys(OPTION_KINDS);

const DURATIONS: readonly (keyof Options)[] = ['timeout', 'patience'];

/** Options that all commands have. */
export const EVERYWHERE: readonly (keyof Options)[] = ['config', 'json', 'timeout', 'help', 'version'];

export const LETTERS: { readonly [letter: string]: keyof Options } = {
  c: 'config',
  t: 'timeout',
  j: 'json',
  h: 'help',
  V: 'version',
  w: 'watch',
  f: 'follow',
  y: 'yes',
};

/**
 * Reads the command line: options anywhere, `--name value` or `--name=value`; after `--` nothing is an option.
 *
 * @throws CommandError `USAGE`
 */
export function readCommandLine(words: readonly string[]): CommandLine {
  const plain: string[] = [];
  const options: Options = {};
  const rest = words.values();
  for (const word of rest) {
    if (word === '--') {
      plain.push(...rest);
      break;
    }
    // A lone `-` is the standard input.
    if (!word.startsWith('-') || word === '-') {
      plain.push(word);
      continue;
    }
    for (const [given, attached] of split(word)) {
      const name = nameOf(given, plain);
      if (OPTION_KINDS[name] === 'flag') {
        if (attached !== undefined) throw usageError(`${given} takes no value`);
        Object.assign(options, { [name]: true });
        continue;
      }
      const value = attached ?? rest.next().value;
      if (value === undefined) throw usageError(`${given} needs a value`);
      Object.assign(options, { [name]: DURATIONS.includes(name) ? readDuration(given, value) : value });
    }
  }
  const [command = '', ...args] = plain;
  return { command, args, options };
}

type Given = [option: string, attached: string | undefined];

/** `--name`, `--name=value`, `-n`; and letters together, of which the last may have its value behind it: `-jt5s`. */
function split(word: string): Given[] {
  if (word.startsWith('--')) {
    const at = word.indexOf('=');
    return at === -1 ? [[word, undefined]] : [[word.slice(0, at), word.slice(at + 1)]];
  }
  const given: Given[] = [];
  for (let at = 1; at < word.length; at += 1) {
    const letter = word[at] ?? '';
    const name = LETTERS[letter];
    if (name !== undefined && OPTION_KINDS[name] === 'text' && at + 1 < word.length) {
      return [...given, [`-${letter}`, word.slice(at + 1)]];
    }
    given.push([`-${letter}`, undefined]);
  }
  return given;
}

function nameOf(given: string, [command]: readonly string[]): keyof Options {
  const long = given.startsWith('--') ? given.slice(2) : LETTERS[given.slice(1)];
  if (long !== undefined && isOption(long)) return long;
  const meant = given.startsWith('--') ? didYouMean(given.slice(2), OPTION_NAMES) : '';
  if (meant !== '') throw usageError(`unknown option ${given}${meant.replace('mean ', 'mean --')}`);
  const isOfTool = (command === 'call' || command === 'prompt') && given.startsWith('--');
  const hint = isOfTool
    ? `arguments are written without dashes: ${given.slice(2)}=…`
    : '`lifeline help` lists them';
  throw usageError(`unknown option ${given}; ${hint}`);
}

export function isOption(name: string): name is keyof Options {
  return Object.hasOwn(OPTION_KINDS, name);
}

const UNITS: { readonly [unit: string]: number } = { '': 1, ms: 1, s: 1000, m: 60_000 };

/** `1500`, `1500ms`, `30s`, `2m`. */
function readDuration(option: string, text: string): number {
  const [, number = '', unit = ''] = /^(\d+(?:\.\d+)?)(ms|s|m)?$/.exec(text) ?? [];
  const milliseconds = Number(number) * (UNITS[unit] ?? Number.NaN);
  if (number !== '' && milliseconds >= 1 && milliseconds < 2 ** 31) return milliseconds;
  const expected = 'milliseconds, or a duration such as 30s or 2m';
  throw usageError(`${option}: found ${JSON.stringify(text)}, expected ${expected}`);
}
