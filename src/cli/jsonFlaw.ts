/** Where a text stops being JSON. */
export interface JsonFlaw {
  /** From 1, both. */
  line: number;
  column: number;
  /** Quotes punctuation at most: what stands there may be a secret. */
  found: string;
  expected: string;
}

const BLANK = /[ \t\r\n]*/y;
/** Of the control characters JSON forbids the first 32 alone. */
const TEXT = /"(?:[^"\\\p{Cc}]|[\u007f-\u009f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/uy;
const PLAIN = /(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w.+-])/y;

type Want = 'value' | 'value or ]' | 'key' | 'key or }' | ':' | ', or end';

/**
 * Says where and why a text is no JSON, which the parser of Node does not do in all its versions, and not without
 * quoting the text. Null for one that is JSON.
 */
export function findJsonFlaw(text: string): JsonFlaw | null {
  /** The brackets that are open here. */
  const open: ('}' | ']')[] = [];
  let want: Want = 'value';
  let at = 0;
  const take = (pattern: RegExp): boolean => {
    pattern.lastIndex = at;
    const [found = null] = pattern.exec(text) ?? [];
    at += found?.length ?? 0;
    return found !== null;
  };
  for (;;) {
    take(BLANK);
    const next = text[at];
    const inner = open.at(-1);
    if (next === undefined && want === ', or end' && inner === undefined) return null;
    const wantsValue: boolean = want === 'value' || want === 'value or ]';
    if (wantsValue && (next === '{' || next === '[')) {
      open.push(next === '{' ? '}' : ']');
      want = next === '{' ? 'key or }' : 'value or ]';
      at += 1;
    } else if (next !== undefined && next === inner && (want === ', or end' || want.endsWith(next))) {
      open.pop();
      want = ', or end';
      at += 1;
    } else if (next === ',' && want === ', or end' && inner !== undefined) {
      want = inner === '}' ? 'key' : 'value';
      at += 1;
    } else if (next === ':' && want === ':') {
      want = 'value';
      at += 1;
    } else if (want.startsWith('key') && take(TEXT)) want = ':';
    else if (wantsValue && (take(TEXT) || take(PLAIN))) want = ', or end';
    else return flawAt(text, at, expectedIn(want, inner));
  }
}

function expectedIn(want: Want, inner: '}' | ']' | undefined): string {
  switch (want) {
    case 'value':
      return 'a value';
    case 'value or ]':
      return "a value or ']'";
    case 'key':
      return 'a key in double quotes';
    case 'key or }':
      return "a key in double quotes or '}'";
    case ':':
      return "':'";
    case ', or end':
      return inner === undefined ? 'the end' : `',' or '${inner}'`;
  }
}

function flawAt(text: string, at: number, expected: string): JsonFlaw {
  const before = text.slice(0, at).split('\n');
  return {
    line: before.length,
    column: (before.at(-1) ?? '').length + 1,
    found: describe(text, at),
    expected,
  };
}

function describe(text: string, at: number): string {
  const character = text[at];
  if (character === undefined) return 'the end';
  if (character === '"') return 'a text that does not end, or has a line break or an escape that is none';
  return /[[\]{},:']/.test(character)
    ? character === "'"
      ? 'a single quote'
      : `'${character}'`
    : 'something else';
}
