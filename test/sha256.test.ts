import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sha256 } from '../src/sha256.js';

const expected = (text: string) => createHash('sha256').update(text).digest('hex');

test('a digest that everybody knows', () => {
  expect(sha256('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
});

// Blocks end at 64 bytes, and there must be room for nine more behind the text.
test('every length up to beyond the longest that is hashed here is hashed as by node:crypto', () => {
  for (let length = 0; length <= 1100; length += 1) {
    const text = 'lifeline'.repeat(140).slice(0, length);
    expect([length, sha256(text)]).toEqual([length, expected(text)]);
  }
});

test('any text is hashed as by node:crypto', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 1100, size: 'max' }), (text) => {
      expect(sha256(text)).toBe(expected(text));
    }),
  );
});

test('a text of halves of characters is hashed as by node:crypto', () => {
  const text = '\ud83d'.repeat(1024);
  expect(sha256(text)).toBe(expected(text));
});
