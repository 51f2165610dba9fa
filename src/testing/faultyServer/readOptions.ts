import { didYouMean } from '../../config/suggestions.js';
import { OPTION_ROWS, type OptionRow } from './optionTable.js';

/** A command line that asks for nothing we know. The message names the option, what was found and what was expected. */
export class UsageError extends Error {
  readonly code = 'USAGE';
}

export function wrongValue(option: string, found: string, expected: string): UsageError {
  return new UsageError(`--${option}: found ${JSON.stringify(found)}, expected ${expected}`);
}

/** The options that were given, each with its values as they were written; an empty text where there was none. */
export type GivenOptions = ReadonlyMap<string, readonly string[]>;

/**
 * Reads `--name value` and `--name=value`. A value that may be left out is taken where the next word is no option.
 *
 * @throws UsageError
 */
export function readOptions(words: readonly string[]): GivenOptions {
  const given = new Map<string, string[]>();
  const rest = words.values();
  let next = rest.next();
  while (!next.done) {
    const word = next.value;
    next = rest.next();
    const [, name = '', attached] = /^--([^=]+)(?:=([\s\S]*))?$/.exec(word) ?? [];
    if (name === '')
      throw new UsageError(`found ${JSON.stringify(word)}, expected an option, such as --crash-on-call`);
    const row = rowOf(name);
    let value = attached;
    if (row.takes === 'none') {
      if (attached !== undefined) throw wrongValue(name, attached, 'no value');
    } else if (attached === undefined && !next.done && !next.value.startsWith('--')) {
      value = next.value;
      next = rest.next();
    }
    const mayBeLeftOut = row.takes === 'none' || row.takes === 'which' || row.takes === 'port';
    if (value === undefined && !mayBeLeftOut)
      throw new UsageError(`--${name}: found no value, expected ${row.value ?? 'one'}`);
    const earlier = given.get(name) ?? [];
    if (earlier.length > 0 && row.isRepeatable !== true)
      throw new UsageError(`--${name}: found twice, expected once`);
    given.set(name, [...earlier, value ?? '']);
  }
  checkCompany(given);
  return given;
}

function rowOf(name: string): OptionRow {
  const row = OPTION_ROWS.find((candidate) => candidate.name === name);
  if (row !== undefined) return row;
  const meant = didYouMean(
    name,
    OPTION_ROWS.map((known) => known.name),
  );
  throw new UsageError(
    `found --${name}, expected one of the options that --help lists${meant.replace('mean ', 'mean --')}`,
  );
}

/** Options that do nothing without another one, or beside it, were given by mistake. */
function checkCompany(given: GivenOptions): void {
  const isHttp = given.has('http');
  for (const { name, only } of OPTION_ROWS) {
    if (!given.has(name)) continue;
    if (only === 'http' && !isHttp) throw new UsageError(`--${name}: found without --http, expected with it`);
    if (only === 'stdio' && isHttp)
      throw new UsageError(`--${name}: found with --http, expected on stdio only`);
  }
  for (const name of ['stream', 'truncate', 'content-type']) {
    if (given.has('sse') && given.has(name))
      throw new UsageError(`--${name}: found with --sse, expected on Streamable HTTP only`);
  }
  needs(given, 'pull', given.has('piece'), '--piece');
  needs(given, 'header', given.has('status'), '--status');
  const onNeeds = ['status', 'mute', 'truncate', 'content-type', 'drop-connection'];
  needs(
    given,
    'on',
    onNeeds.some((name) => given.has(name)),
    'one of the options it is about',
  );
}

function needs(given: GivenOptions, name: string, isThere: boolean, what: string): void {
  if (given.has(name) && !isThere) throw new UsageError(`--${name}: found without ${what}, expected with it`);
}
