import { expect, test } from 'vitest';
import { CallError, ConnectionError, messageOf } from '../src/errors.js';

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

test('whatever a message quotes, it is one line that a terminal can show', () => {
  const rude = 'files\n\u001b[2J';
  const shown = String.raw`files\n\x1b[2J`;
  expect(new ConnectionError('TRANSPORT_FAILED', `${rude}: no`).toRecord().message).toBe(`${shown}: no`);
  const facts = { server: rude, state: 'connected', mayHaveExecuted: false };
  const error = new CallError('CALL_TIMEOUT', 'no', facts);
  expect(error.message).toBe(`${shown}: no (connected)`);
  // What programs read stays what it is.
  expect(error.server).toBe(rude);
});
