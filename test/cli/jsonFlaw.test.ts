import fc from 'fast-check';
import { expect, test } from 'vitest';
import { findJsonFlaw } from '../../src/cli/jsonFlaw.js';

test.each([
  ['', '1:1 found the end, expected a value'],
  ['{', "1:2 found the end, expected a key in double quotes or '}'"],
  ['{"a": 1,}', "1:9 found '}', expected a key in double quotes"],
  ['[1,]', "1:4 found ']', expected a value"],
  ['[', "1:2 found the end, expected a value or ']'"],
  ['{"a" 1}', "1:6 found something else, expected ':'"],
  [
    '{"a": 1 "b": 2}',
    "1:9 found a text that does not end, or has a line break or an escape that is none, expected ',' or '}'",
  ],
  ["{'a': 1}", "1:2 found a single quote, expected a key in double quotes or '}'"],
  ['{a: 1}', "1:2 found something else, expected a key in double quotes or '}'"],
  ['{"a": 01}', '1:7 found something else, expected a value'],
  [
    '{"a": "x}',
    '1:7 found a text that does not end, or has a line break or an escape that is none, expected a value',
  ],
  ['{\n  "a": 1,\n  "b": secret\n}', '3:8 found something else, expected a value'],
  ['{} {}', "1:4 found '{', expected the end"],
  ['[1}', "1:3 found '}', expected ',' or ']'"],
])('%j', (text, said) => {
  expect(() => JSON.parse(text)).toThrow();
  const { line, column, found, expected } = findJsonFlaw(text) ?? {
    line: 0,
    column: 0,
    found: '',
    expected: '',
  };
  expect(`${line}:${column} found ${found}, expected ${expected}`).toBe(said);
});

/** Texts that are JSON, and such that were once. */
const texts = fc
  .tuple(fc.json(), fc.nat(), fc.constantFrom('', '"', ',', '}', ']', ':', '\\', '\n', '1', '\u007f'))
  .map(
    ([json, at, put]) =>
      json.slice(0, at % (json.length + 1)) + put + json.slice((at % (json.length + 1)) + (at % 2)),
  );

test('there is a flaw where the parser finds one, and nowhere else', () => {
  fc.assert(
    fc.property(texts, (text) => {
      let isJson = true;
      try {
        JSON.parse(text);
      } catch {
        isJson = false;
      }
      expect(findJsonFlaw(text) === null).toBe(isJson);
    }),
    { numRuns: 1000 },
  );
});

test('what is said quotes nothing of a secret', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[a-z]{4}9[a-z]{4}$/), (secret) => {
      expect(JSON.stringify(findJsonFlaw(`{"a": ${secret}}`))).not.toContain(secret);
    }),
  );
});
