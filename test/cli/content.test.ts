import { expect, test } from 'vitest';
import { describeAnswer, firstLineOf } from '../../src/cli/content.js';
import { CommandError, exitOf } from '../../src/cli/exits.js';
import { escapeLines } from '../../src/cli/Output.js';
import { describeProgress } from '../../src/cli/progress.js';
import { RequestFailedError } from '../../src/ipc/errors.js';

test.each([
  [{ type: 'text', text: 'hi' }, 'hi'],
  [{ type: 'image', data: 'AAAA', mimeType: 'image/png' }, '[image image/png, 3 bytes; --json has it]'],
  [{ type: 'audio', data: 'AAA=', mimeType: 'audio/wav' }, '[audio audio/wav, 2 bytes; --json has it]'],
  [{ type: 'resource_link', uri: 'a://b', name: 'B' }, '[link a://b B]'],
  [{ type: 'resource', resource: { uri: 'a://b', text: 'text' } }, 'text'],
  [{ type: 'resource', resource: { uri: 'a://b', blob: 'AAAA' } }, '[a://b, 3 bytes; --json has it]'],
  [{ type: 'text', text: 7 }, ''],
  [{}, '[something; --json has it]'],
  [null, '[something; --json has it]'],
])('content %j', (block, text) => {
  expect(describeAnswer({ content: [block, block] })).toBe(`${text}\n${text}`);
});

test('an answer of structured content alone is shown as that', () => {
  expect(describeAnswer({ content: [], structuredContent: { a: 1 } })).toBe('{\n  "a": 1\n}');
  expect(describeAnswer('nonsense')).toBe('');
});

test('line breaks and tabs are kept, what else is unsafe is not', () => {
  expect(escapeLines('a\r\n\tb\rc\u001b]0;x\u0007\u2028\u200b')).toBe(
    'a\n\tb\\rc\\x1b]0;x\\x07\\u{2028}\\u{200b}',
  );
});

test('progress is shown as far as it is told', () => {
  expect(describeProgress({ progress: 1, total: 4, message: 'cooking' })).toBe('1/4 cooking');
  expect(describeProgress({ progress: 1 })).toBe('1');
  expect(describeProgress(undefined)).toBe('…');
});

test('descriptions in lists are one short line', () => {
  expect(firstLineOf('\n one\ntwo')).toBe('one');
  expect(firstLineOf('x'.repeat(200))).toHaveLength(100);
});

test.each([
  ['UNKNOWN_SERVER', 1],
  ['SERVER_ERROR', 2],
  ['PROCESS_EXITED', 3],
  ['AUTHORIZATION_REQUIRED', 4],
  ['CALL_TIMEOUT', 5],
  ['INTERRUPTED', 130],
])('%s is exit code %d, from here and from the daemon', (code, exit) => {
  expect(exitOf(new CommandError(code, 'it'))).toBe(exit);
  expect(exitOf(new RequestFailedError(-32000, 'it', { code }))).toBe(exit);
});
