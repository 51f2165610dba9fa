import { UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js';
import { McpError } from '@modelcontextprotocol/sdk/types.js';
import { expect, test } from 'vitest';
import { ConnectionError } from '../../src/errors.js';
import { showForeign } from '../../src/foreignText.js';
import { classifyOpeningError } from '../../src/session/classify.js';

test('a ConnectionError is left as it is, whoever answered', () => {
  const error = new ConnectionError('PROCESS_EXITED', 'exit code 1');
  expect(classifyOpeningError(error, false, showForeign)).toBe(error);
  expect(classifyOpeningError(error, true, showForeign)).toBe(error);
});

const answeredWith = (code: number, data?: unknown) => new McpError(code, 'no', data);

test.each([
  ['an error answer', answeredWith(-32603), true, 'HANDSHAKE_REJECTED'],
  ['the same without an answer', answeredWith(-32000), false, 'TRANSPORT_FAILED'],
  [
    'other versions',
    answeredWith(-32602, { supported: ['2024-11-05'] }),
    true,
    'UNSUPPORTED_PROTOCOL_VERSION',
  ],
  ['other versions, modern', answeredWith(-32022, { supported: [] }), true, 'UNSUPPORTED_PROTOCOL_VERSION'],
  ['bad parameters', answeredWith(-32602), true, 'HANDSHAKE_REJECTED'],
  ['bad parameters with other data', answeredWith(-32602, 'supported'), true, 'HANDSHAKE_REJECTED'],
  ['bad parameters with no data at all', answeredWith(-32602, null), true, 'HANDSHAKE_REJECTED'],
  ['versions that are no list', answeredWith(-32602, { supported: 'all' }), true, 'HANDSHAKE_REJECTED'],
  ['versions under another code', answeredWith(-32603, { supported: ['x'] }), true, 'HANDSHAKE_REJECTED'],
  ['an answer that is no error', 'no', true, 'HANDSHAKE_REJECTED'],
  ['a 401 of the SDK’s transports', new UnauthorizedError('go away'), false, 'AUTHORIZATION_REQUIRED'],
  ['an answer the SDK cannot read', named('ZodError'), false, 'NOT_MCP'],
  ['the same of its other parser', named('$ZodError'), false, 'NOT_MCP'],
  ['anything else', new TypeError('fetch failed'), false, 'TRANSPORT_FAILED'],
  ['what is no error at all', undefined, false, 'TRANSPORT_FAILED'],
] as const)('%s', (_, error, answered, code) => {
  const classified = classifyOpeningError(error, answered, showForeign);
  expect(classified).toBeInstanceOf(ConnectionError);
  expect(classified.code).toBe(code);
  expect(classified.cause).toBe(error);
});

test.each([
  [answeredWith(-32603), true, 'the server refused the handshake: MCP error -32603: no'],
  [
    answeredWith(-32602, { supported: ['2024-11-05', '2031-01-01'] }),
    true,
    'the server speaks protocol version 2024-11-05, 2031-01-01 only',
  ],
  [new UnauthorizedError('go away'), false, 'the server asks for an authorization'],
  [named('ZodError'), false, 'the answer to the handshake is not one of MCP'],
  [new TypeError('fetch failed'), false, 'the transport failed: fetch failed'],
])('is said in a sentence: %s', (error, answered, message) => {
  expect(classifyOpeningError(error, answered, showForeign).message).toBe(message);
});

test('no more than a few of the versions that a server names are told', () => {
  const supported = Array.from({ length: 500 }, (_, index) => `v${index}`);
  const { details } = classifyOpeningError(answeredWith(-32602, { supported }), true, showForeign);
  expect(details).toEqual({ supported: supported.slice(0, 20) });
});

test('the versions a server names are told as facts, what is no text left out', () => {
  const { details } = classifyOpeningError(
    answeredWith(-32602, { supported: ['2031-01-01', 7, null] }),
    true,
    showForeign,
  );
  expect(details).toEqual({ supported: ['2031-01-01'] });
});

function named(name: string): Error {
  return Object.assign(new Error('invalid'), { name });
}
