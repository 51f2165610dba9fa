import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { escapeText, toSafeJson } from '../src/escape.js';

const unsafe = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u;
/** Any text, with the dangerous parts of Unicode more often than chance has them. */
const text = fc.string({
  unit: fc.oneof(
    fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
    fc.integer({ min: 0, max: 0x9f }).map((code) => String.fromCharCode(code)),
    fc.constantFrom('\u202e', '\u200b', '\u2028', '\u{e0041}', '\ud800', '\udc00', 'ß', '漢', '🚀'),
  ),
});

describe('text of strangers', () => {
  test.each([
    ['plain text', 'plain text'],
    ['größer → 漢字 🚀', 'größer → 漢字 🚀'],
    ['\u001b[2J', '\\x1b[2J'],
    ['\u009b31m', '\\x9b31m'],
    ['one\ntwo\r\tthree', 'one\\ntwo\\r\\tthree'],
    ['\u202etxt.exe', '\\u{202e}txt.exe'],
    ['half \ud83d', 'half \\u{d83d}'],
  ])('%j is shown as %j', (given, shown) => {
    expect(escapeText(given)).toBe(shown);
  });

  test('holds nothing unsafe, whatever it was', () => {
    fc.assert(fc.property(text, (given) => !unsafe.test(escapeText(given))));
  });
});

describe('JSON that is safe to look at', () => {
  test('means what JSON means', () => {
    fc.assert(
      fc.property(fc.dictionary(text, text), (given) => {
        const shown = toSafeJson(given);
        expect(unsafe.test(shown)).toBe(false);
        expect(JSON.parse(shown)).toEqual(JSON.parse(JSON.stringify(given)));
      }),
    );
  });

  test('escapes what JSON.stringify leaves as it is', () => {
    expect(JSON.stringify('\u009b\u202e')).toBe('"\u009b\u202e"');
    expect(toSafeJson('\u009b\u202e\u{e0041}')).toBe('"\\u009b\\u202e\\udb40\\udc41"');
  });
});
