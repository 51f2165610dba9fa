/** A value of a JSON text, and where it stands. */
export interface JsonNode {
  /** As `JSON.parse` makes it, but objects have no prototype: any key is a key like others. */
  readonly value: unknown;
  /** Index of its first character. */
  readonly offset: number;
  /** Of an object. */
  readonly members?: ReadonlyMap<string, JsonNode>;
  /** Of a list. */
  readonly items?: readonly JsonNode[];
}

export type JsonPath = readonly (string | number)[];

/** A text that is no JSON. `found` quotes punctuation at most: what stands there may be a secret. */
export class JsonTextError extends Error {
  readonly offset: number;
  readonly found: string;
  readonly expected: string;

  constructor(offset: number, found: string, expected: string) {
    super(`found ${found}, expected ${expected}`);
    this.offset = offset;
    this.found = found;
    this.expected = expected;
  }
}

/** Deeper ones are no configuration, and would exhaust the stack. */
const DEEPEST = 64;

/**
 * Reads JSON as editors write it for people: with comments, and commas after the last member.
 *
 * @param onDuplicate is told the place of a key that its object has already; the last one counts
 * @throws JsonTextError
 */
export function parseJsonText(text: string, onDuplicate: (path: JsonPath, offset: number) => void): JsonNode {
  return new Reader(text, onDuplicate).document();
}

class Reader {
  readonly #text: string;
  readonly #onDuplicate: (path: JsonPath, offset: number) => void;
  readonly #path: (string | number)[] = [];
  #at = 0;

  constructor(text: string, onDuplicate: (path: JsonPath, offset: number) => void) {
    this.#text = text;
    this.#onDuplicate = onDuplicate;
  }

  document(): JsonNode {
    const node = this.#value();
    this.#skip();
    if (this.#at < this.#text.length) throw this.#unexpected('the end of the file');
    return node;
  }

  #value(): JsonNode {
    this.#skip();
    if (this.#path.length > DEEPEST) throw this.#unexpected(`at most ${DEEPEST} levels`, 'another level');
    const offset = this.#at;
    switch (this.#text[offset]) {
      case '{':
        return this.#object(offset);
      case '[':
        return this.#list(offset);
      case '"':
        return { value: this.#string(), offset };
    }
    const plain = this.#match(/true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y);
    if (plain === '') throw this.#unexpected('a value');
    return { value: JSON.parse(plain), offset };
  }

  #object(offset: number): JsonNode {
    const value: { [key: string]: unknown } = Object.create(null);
    const members = new Map<string, JsonNode>();
    this.#at++;
    while (!this.#closes('}')) {
      const keyOffset = this.#at;
      if (this.#text[keyOffset] !== '"') throw this.#unexpected("a key in double quotes or '}'");
      const key = this.#string();
      if (members.has(key)) this.#onDuplicate([...this.#path, key], keyOffset);
      this.#expect(':');
      this.#path.push(key);
      const member = this.#value();
      this.#path.pop();
      members.set(key, member);
      value[key] = member.value;
      this.#separate('}');
    }
    return { value, offset, members };
  }

  #list(offset: number): JsonNode {
    const items: JsonNode[] = [];
    this.#at++;
    while (!this.#closes(']')) {
      this.#path.push(items.length);
      items.push(this.#value());
      this.#path.pop();
      this.#separate(']');
    }
    return { value: items.map((item) => item.value), offset, items };
  }

  #string(): string {
    const start = this.#at;
    let end = start + 1;
    while (end < this.#text.length && this.#text[end] !== '"') end += this.#text[end] === '\\' ? 2 : 1;
    if (end >= this.#text.length) throw this.#unexpected("a '\"' at the end of this text", 'none');
    this.#at = end + 1;
    try {
      return JSON.parse(this.#text.slice(start, this.#at));
    } catch {
      this.#at = start;
      throw this.#unexpected('one of valid escapes, on one line', 'a text');
    }
  }

  /** Whether the bracket is closed here; then it is behind. */
  #closes(bracket: string): boolean {
    this.#skip();
    if (this.#text[this.#at] !== bracket) return false;
    this.#at++;
    return true;
  }

  /** Goes past a comma, or stops before the closing bracket. */
  #separate(bracket: string): void {
    this.#skip();
    if (this.#text[this.#at] === ',') this.#at++;
    else if (this.#text[this.#at] !== bracket) throw this.#unexpected(`',' or '${bracket}'`);
  }

  #expect(punctuation: string): void {
    this.#skip();
    if (this.#text[this.#at] !== punctuation) throw this.#unexpected(`'${punctuation}'`);
    this.#at++;
  }

  /** Goes past white space and comments. */
  #skip(): void {
    while (this.#match(/[ \t\r\n]+|\/\/[^\r\n]*|\/\*.*?\*\//sy) !== '');
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const [found = ''] = pattern.exec(this.#text) ?? [];
    this.#at += found.length;
    return found;
  }

  #unexpected(expected: string, found = this.#describe()): JsonTextError {
    return new JsonTextError(this.#at, found, expected);
  }

  #describe(): string {
    const character = this.#text[this.#at];
    if (character === undefined) return 'the end of the file';
    if (this.#text.startsWith('/*', this.#at)) return 'a comment without an end';
    return /[[\]{},:"]/.test(character) ? `'${character}'` : 'something else';
  }
}

/** Index of what stands at a path; where nothing does, of the nearest thing around it. */
export function offsetAt(root: JsonNode, path: JsonPath): number {
  let node = root;
  for (const step of path) {
    const inner = typeof step === 'number' ? node.items?.[step] : node.members?.get(step);
    if (inner === undefined) break;
    node = inner;
  }
  return node.offset;
}

/** Tells the line that an index is on, from 1. A file may have as many mistakes as lines: it is counted once. */
export function lineFinder(text: string): (offset: number) => number {
  const starts = [0];
  for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', end + 1)) starts.push(end + 1);
  return (offset) => {
    let [low, high] = [0, starts.length];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle;
    }
    return low + 1;
  };
}

/** A path as people write it: `mcpServers.files.args[1]`, `servers["my files"].url`. */
export function showPath(path: JsonPath): string {
  return path
    .map((step, index) => {
      if (typeof step === 'number') return `[${step}]`;
      if (/^[A-Za-z_$][\w$-]{0,63}$/.test(step)) return index === 0 ? step : `.${step}`;
      return `[${JSON.stringify(step.length > 64 ? `${step.slice(0, 63)}…` : step)}]`;
    })
    .join('');
}
