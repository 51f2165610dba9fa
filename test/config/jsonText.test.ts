import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type JsonNode,
  type JsonPath,
  JsonTextError,
  lineFinder,
  offsetAt,
  parseJsonText,
  showPath,
} from '../../src/config/jsonText.js';

const nobody = () => {
  throw new Error('no key is there twice');
};
const parse = (text: string, onDuplicate: (path: JsonPath, offset: number) => void = nobody): JsonNode =>
  parseJsonText(text, onDuplicate);

function refusal(text: string): JsonTextError {
  try {
    parse(text);
  } catch (error) {
    if (error instanceof JsonTextError) return error;
    throw error;
  }
  throw new Error('nobody objected');
}

/** Objects without a prototype as ordinary ones, for comparing. */
const ordinary = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe('a text of JSON', () => {
  test('is read as JSON.parse reads it', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(undefined, 2, '\t'), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        const { value: read } = parse(text);
        expect(ordinary(read)).toEqual(JSON.parse(text));
      }),
    );
  });

  test('can have comments and last commas wherever there may be a space', () => {
    const gap = fc.constantFrom(
      '',
      ' ',
      '\n',
      '\r\n',
      '// a "comment" {\n',
      '/* [ */',
      '/*\n*//**/',
      '//\n/* */ ',
    );
    fc.assert(
      fc.property(
        fc.jsonValue({ maxDepth: 3 }),
        fc.array(gap, { minLength: 1, maxLength: 9 }),
        (value, gaps) => {
          let count = 0;
          const tokens = JSON.stringify(value).match(/"(?:[^"\\]|\\.)*"|[[\]{},:]|[^[\]{},:"]+/g) ?? [];
          const commented = tokens.map((token, index) => {
            const isFull = /[^[{,]/.test(tokens[index - 1] ?? ',');
            const comma = /^[\]}]$/.test(token) && isFull ? ',' : '';
            return comma + (gaps[count++ % gaps.length] ?? '') + token;
          });
          const text = `${commented.join('')}${gaps[0]}`;
          expect(ordinary(parse(text).value)).toEqual(JSON.parse(JSON.stringify(value)));
        },
      ),
    );
  });

  test('is refused where JSON.parse refuses it, but for comments and last commas', () => {
    const piece = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"a"',
      '1',
      '-',
      '0',
      '.5',
      'e9',
      'true',
      'nul',
      ' ',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const text = pieces.join('');
        const strict = attempt(() => ordinary(JSON.parse(text.replace(/,(?= *[\]}])/g, ''))));
        const ours = attempt(() => ordinary(parse(text, () => {}).value));
        // A comma that has nothing before it is none of ours either.
        fc.pre(!/[[{,] *,/.test(text));
        expect(ours).toEqual(strict);
      }),
      { numRuns: 5_000 },
    );
  });

  test('row 23: has keys like any others', () => {
    const { value, members } = parse('{ "__proto__": { "polluted": 1 }, "constructor": 2 }');
    expect(Object.keys(Object(value))).toEqual(['__proto__', 'constructor']);
    expect(Object.getPrototypeOf(value)).toBeNull();
    expect(members?.get('__proto__')?.value).toHaveProperty('polluted', 1);
    expect({}).not.toHaveProperty('polluted');
  });

  test('tells of keys that are there twice, and takes the last', () => {
    const told: [JsonPath, number][] = [];
    const { value } = parse('{"a":[{"b":1,"b":2}]}', (...place) => told.push(place));
    expect(value).toEqual({ a: [{ b: 2 }] });
    expect(told).toEqual([[['a', 0, 'b'], 13]]);
  });
});

describe('a text that is no JSON', () => {
  test.each([
    ['', 0, 'the end of the file', 'a value'],
    ['{', 1, 'the end of the file', "a key in double quotes or '}'"],
    ['{a: 1}', 1, 'something else', "a key in double quotes or '}'"],
    ["{'a': 1}", 1, 'something else', "a key in double quotes or '}'"],
    ['{"a" 1}', 5, 'something else', "':'"],
    ['{"a": 1 "b": 2}', 8, "'\"'", "',' or '}'"],
    ['[1 2]', 3, 'something else', "',' or ']'"],
    ['[,]', 1, "','", 'a value'],
    ['{} {}', 3, "'{'", 'the end of the file'],
    ['"a', 0, 'none', "a '\"' at the end of this text"],
    ['"a\nb"', 0, 'a text', 'one of valid escapes, on one line'],
    ['"\\x41"', 0, 'a text', 'one of valid escapes, on one line'],
    ['/* ', 0, 'a comment without an end', 'a value'],
    ['01', 1, 'something else', 'the end of the file'],
  ])('%j', (text, offset, found, expected) => {
    expect(refusal(text)).toMatchObject({ offset, found, expected });
  });

  test('is one that nests too deep, and does not exhaust the stack', () => {
    expect(parse('['.repeat(64) + ']'.repeat(64)).items).toHaveLength(1);
    expect(refusal('['.repeat(200_000)).expected).toBe('at most 64 levels');
  });

  test('is refused in time, however long it is without an end', () => {
    // A parser that goes back over what it has read would not come back.
    expect(refusal(`"${'a\\"'.repeat(300_000)}`).found).toBe('none');
    expect(refusal(`${'/**/ '.repeat(200_000)}/*`).found).toBe('a comment without an end');
  });
});

describe('a place in a text', () => {
  const text = '{\n  "a": [\n    1,\n    { "b": 2 }\n  ]\n}';
  const root = parse(text);

  test.each([
    [[], 1],
    [['a'], 2],
    [['a', 0], 3],
    [['a', 1, 'b'], 4],
    [['a', 1, 'missing'], 4],
    [['a', 7], 2],
    [['missing', 'b'], 1],
    [['toString'], 1],
  ])('%j is on line %i', (path, line) => {
    expect(lineFinder(text)(offsetAt(root, path))).toBe(line);
  });

  test('the lines of a text are those between its line breaks', () => {
    for (const lines of ['', 'a', '\n', 'a\n\nb\n', '\n\n\n']) {
      const find = lineFinder(lines);
      for (let offset = 0; offset <= lines.length; offset += 1) {
        expect(find(offset)).toBe(lines.slice(0, offset).split('\n').length);
      }
    }
  });

  test.each([
    [['mcpServers', 'files', 'args', 1], 'mcpServers.files.args[1]'],
    [['servers', 'my-files'], 'servers.my-files'],
    [['servers', 'my files', 'env', 'A.B'], 'servers["my files"].env["A.B"]'],
    [['servers', ''], 'servers[""]'],
    [['servers', 'a"b'], 'servers["a\\"b"]'],
    [['servers', 'x'.repeat(300)], `servers["${'x'.repeat(63)}…"]`],
    [[], ''],
  ])('%j is written %s', (path, written) => {
    expect(showPath(path)).toBe(written);
  });
});

function attempt(read: () => unknown): unknown {
  try {
    return { value: read() };
  } catch {
    return 'refused';
  }
}
