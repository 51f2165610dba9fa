import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cutTo, widthOf } from '../../src/cli/width.js';

test.each([
  ['', 0],
  ['abc', 3],
  ['äöü', 3],
  ['a\u0308', 1],
  ['漢字', 4],
  ['한글', 4],
  ['🎉!', 3],
  ['…', 1],
])('%s takes %d places', (text, width) => {
  expect(widthOf(text)).toBe(width);
});

test.each([
  ['abcdef', 6, 'abcdef'],
  ['abcdef', 5, 'abcd…'],
  ['漢字漢字', 7, '漢字漢…'],
  ['漢字漢字', 6, '漢字…'],
])('%s on %d places is %s', (text, width, cut) => {
  expect(cutTo(text, width)).toBe(cut);
});

test('what is cut fits, and is the beginning', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 40 }), (text, width) => {
      const cut = cutTo(text, width);
      expect(widthOf(cut)).toBeLessThanOrEqual(width);
      expect(cut === text || text.startsWith(cut.slice(0, -1))).toBe(true);
    }),
  );
});
