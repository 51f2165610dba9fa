import { expect, test } from 'vitest';
import { messageOf } from '../src/errors.js';

test.each([
  ['an error', new Error('no'), 'no'],
  ['a text', 'no', 'no'],
  ['nothing', undefined, 'undefined'],
  ['a symbol', Symbol('no'), 'Symbol(no)'],
  ['an object that has no text', Object.create(null), 'an object'],
  ['one whose text is a trap', { toString: () => Promise.reject.call(null) }, 'an object'],
])('%s that was thrown has a message', (_, thrown, message) => {
  expect(messageOf(thrown)).toBe(message);
});
