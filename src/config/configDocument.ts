import { kindOf } from '../connection/checks.js';
import { escapeText } from '../escape.js';
import { ConfigFileError, type ConfigProblem } from './configFileError.js';
import { Findings } from './findings.js';
import {
  type JsonNode,
  type JsonPath,
  JsonTextError,
  lineFinder,
  offsetAt,
  parseJsonText,
  showPath,
} from './jsonText.js';

/** A configuration file while it is read, with what was found wrong in it so far. */
export class ConfigDocument {
  readonly root: JsonNode;
  readonly #problems = new Findings();
  readonly #warnings = new Findings();
  /** Path of the file. */
  readonly file: string;
  readonly #text: string;
  readonly #lineAt: (offset: number) => number;

  /** @throws ConfigFileError when the text is no JSON */
  constructor(file: string, text: string) {
    this.file = file;
    this.#text = text;
    this.#lineAt = lineFinder(text);
    const duplicates: [JsonPath, number][] = [];
    this.root = this.#parse((...place) => duplicates.push(place));
    for (const [path, offset] of duplicates) {
      this.#warnings.add(() => this.#problem(path, 'is there more than once; the last one counts', offset));
    }
  }

  get warnings(): readonly ConfigProblem[] {
    return this.#warnings.all;
  }

  /** @param found shown as it is: must hold no secret */
  reject(path: JsonPath, found: string, expected: string): void {
    this.#problems.add(() => this.problem(path, found, expected));
  }

  /** The same, for whoever tells it elsewhere. */
  problem(path: JsonPath, found: string, expected: string): ConfigProblem {
    return this.#problem(path, `found ${found}, expected ${expected}`);
  }

  /** @param describe called only for what is kept: looking for what was meant takes time */
  warn(path: JsonPath, describe: () => string): void {
    this.#warnings.add(() => this.#problem(path, describe()));
  }

  /** @throws ConfigFileError with all problems, when there are any */
  check(): void {
    if (!this.#problems.isEmpty) throw new ConfigFileError(this.file, this.#problems.all);
  }

  #parse(onDuplicate: (path: JsonPath, offset: number) => void): JsonNode {
    try {
      return parseJsonText(this.#text, onDuplicate);
    } catch (error) {
      if (!(error instanceof JsonTextError)) throw error;
      throw new ConfigFileError(this.file, [this.#problem([], error.message, error.offset)]);
    }
  }

  #problem(path: JsonPath, message: string, offset = offsetAt(this.root, path)): ConfigProblem {
    return {
      path: escapeText(showPath(path.map(withoutValue))),
      line: this.#lineAt(offset),
      message: escapeText(message),
    };
  }
}

/** How deep a server lies. The keys in it are names, but for those that have a value in them by mistake. */
const DEPTH_OF_SERVERS = 2;

/** A step of a path; of `TOKEN=secret` and `Authorization: secret` the name. */
function withoutValue(step: string | number, index: number): string | number {
  if (typeof step === 'number' || index < DEPTH_OF_SERVERS) return step;
  return step.replace(/[=:\s].*$/s, '…');
}

/** Most characters of a value that is shown. */
const LONGEST = 40;

/**
 * What a value is, for messages.
 *
 * @param isPublic whether it may be shown, being none that can hold a secret
 */
export function describeValue(value: unknown, isPublic: boolean): string {
  if (value === undefined) return 'nothing';
  if (value === '') return 'an empty string';
  const isPlain = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
  if (!isPublic || !isPlain) return kindOf(value);
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return text.length > LONGEST ? kindOf(value) : text;
}
