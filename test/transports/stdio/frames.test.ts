import { type JSONRPCMessage, JSONRPCMessageSchema } from '@modelcontextprotocol/sdk/types.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MAX_DEPTH, pruneDepth } from '../../../src/transports/stdio/depth.js';
import { readFrame, writeFrame } from '../../../src/transports/stdio/frames.js';

const nest = (depth: number, inner = '') => '['.repeat(depth) + inner + ']'.repeat(depth);

function flawOf(line: string): string {
  const frame = readFrame(line);
  if (frame.kind !== 'garbage') throw new Error(`${line} is ${frame.kind}`);
  return frame.flaw;
}

describe('readFrame', () => {
  /** Mostly left out (as undefined is by JSON), else mostly right. */
  const maybe = (right: unknown[], wrong: unknown[]) =>
    fc.oneof(
      { weight: 5, arbitrary: fc.constant(undefined) },
      { weight: 4, arbitrary: fc.constantFrom(...right) },
      { weight: 1, arbitrary: fc.constantFrom(...wrong) },
    );
  const meta = maybe(
    [{}, { progressToken: 1, other: 1 }, { progressToken: 'a' }],
    [[], 'x', null, { progressToken: 1.5 }],
  );
  const body = fc.oneof(
    { weight: 5, arbitrary: fc.constant(undefined) },
    { weight: 5, arbitrary: meta.map((_meta) => ({ _meta, other: 1 })) },
    { weight: 1, arbitrary: fc.constantFrom([], null, 'text', 1) },
  );
  const errors = [
    { code: -1, message: 'm' },
    { code: -1, message: 'm', data: [] },
  ];
  const frame = fc.record({
    jsonrpc: fc.constantFrom('2.0', '2.0', '2.0', '2.0', '1.0'),
    id: maybe([1, 'a', 0, '', -5], [null, 1.5, 2 ** 53, {}, true]),
    method: maybe(['ping', ''], [1, null]),
    params: body,
    result: body,
    error: maybe(errors, [{ code: 1.5, message: 'm' }, { code: 1 }, { message: 'm' }, 'text', null]),
    extra: fc.constantFrom(undefined, undefined, undefined, 1),
  });

  test('takes and refuses the very messages that the schema of the SDK does', () => {
    let taken = 0;
    fc.assert(
      fc.property(frame, (candidate) => {
        const line = JSON.stringify(candidate);
        const isValid = JSONRPCMessageSchema.safeParse(JSON.parse(line)).success;
        if (isValid) taken += 1;
        expect({ line, kind: readFrame(line).kind }).toEqual({ line, kind: isValid ? 'message' : 'garbage' });
      }),
      { numRuns: 5000 },
    );
    expect(taken).toBeGreaterThan(200);
  });

  test.each<JSONRPCMessage>([
    { jsonrpc: '2.0', id: 1, method: 'ping' },
    { jsonrpc: '2.0', id: '1', result: { _meta: { progressToken: 'a' }, content: [] } },
    { jsonrpc: '2.0', method: 'notifications/progress', params: { progressToken: 1, progress: 2 } },
    { jsonrpc: '2.0', id: 1, error: { code: -32601, message: 'Method not found', data: null } },
    { jsonrpc: '2.0', error: { code: -32700, message: 'Parse error' } },
  ])('delivers %j as it came', (message) => {
    expect(readFrame(JSON.stringify(message))).toEqual({ kind: 'message', message });
  });

  test.each([
    ['hello', 'no JSON'],
    ['[]', 'no object'],
    ['null', 'no object'],
    ['{"id":1,"result":{}}', 'no JSON-RPC 2.0'],
    ['{"jsonrpc":"2.0"}', 'neither a call nor an answer'],
    ['{"jsonrpc":"2.0","id":9007199254740993,"result":{}}', 'an invalid id'],
    ['{"jsonrpc":"2.0","id":1,"result":{},"error":{"code":1,"message":"m"}}', 'both a result and an error'],
    ['{"jsonrpc":"2.0","result":{}}', 'a result without an id'],
    ['{"jsonrpc":"2.0","method":"m","params":[]}', 'invalid params'],
    ['{"jsonrpc":"2.0","method":"m","__proto__":{}}', 'a member that JSON-RPC does not know'],
  ])('refuses %s', (line, flaw) => {
    expect(flawOf(line)).toBe(flaw);
  });

  test.each(['', ' ', '\r', '\t \r'])('row 17: takes %j for a blank line', (line) => {
    expect(readFrame(line)).toEqual({ kind: 'blank' });
  });

  test('row 21: 1 and "1" stay what they are', () => {
    expect(readFrame('{"jsonrpc":"2.0","id":"1","result":{}}')).toMatchObject({ message: { id: '1' } });
    expect(readFrame('{"jsonrpc":"2.0","id":1,"result":{}}')).toMatchObject({ message: { id: 1 } });
  });

  test('row 23: the keys of prototypes are keys like others', () => {
    const line =
      '{"jsonrpc":"2.0","id":1,"result":{"__proto__":{"polluted":true},"constructor":{"prototype":{}}}}';
    const frame = readFrame(line);
    if (frame.kind !== 'message' || !('result' in frame.message)) throw new Error('no result');
    expect(Object.keys(frame.message.result)).toEqual(['__proto__', 'constructor']);
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
    expect(Reflect.get(frame.message.result, 'polluted')).toBeUndefined();
  });

  test('row 22: an answer that is nested too deeply becomes an error for its caller', () => {
    expect(readFrame(`{"result":{"a":${nest(100_000)}},"jsonrpc":"2.0","id":7}`)).toEqual({
      kind: 'garbage',
      flaw: 'nested deeper than 1000 levels',
      instead: {
        jsonrpc: '2.0',
        id: 7,
        error: { code: -32700, message: 'The answer is nested deeper than 1000 levels' },
      },
    });
  });

  test('row 22: a call, a notification or junk that is nested too deeply is just refused', () => {
    for (const line of [
      `{"jsonrpc":"2.0","id":1,"method":"m","params":{"a":${nest(2000)}}}`,
      `{"jsonrpc":"2.0","method":"m","params":{"a":${nest(2000)}}}`,
      nest(2000),
      '['.repeat(100_000),
      ']'.repeat(100_000),
    ]) {
      expect(readFrame(line)).toMatchObject({ kind: 'garbage', instead: null });
    }
  });
});

describe('pruneDepth', () => {
  test('leaves alone what is not too deep', () => {
    expect(pruneDepth(nest(MAX_DEPTH))).toBeNull();
    expect(pruneDepth(`[${Array.from({ length: 5000 }, () => '{"a":[]}').join()}]`)).toBeNull();
  });

  test('does not count brackets in strings', () => {
    const text = JSON.stringify([`${'['.repeat(5000)}"\\`, '\\', '{'.repeat(5000)]);
    expect(pruneDepth(text)).toBeNull();
  });

  test('replaces exactly what is too deep', () => {
    const pruned = pruneDepth(`[1,${nest(MAX_DEPTH, '"]",{"x":"["},2')},[3]]`) ?? '';
    expect(pruned).toBe(`[1,${nest(MAX_DEPTH - 1, 'null')},[3]]`);
    expect(pruneDepth(nest(MAX_DEPTH + 1))).toBe(nest(MAX_DEPTH, 'null'));
  });
});

describe('writeFrame', () => {
  test('writes one line, whatever the reader takes for the end of one', () => {
    const text = 'a\u2028b\u2029c\nd\re\u0085f "\\u2028" späße 🎈';
    const message: JSONRPCMessage = { jsonrpc: '2.0', method: text, params: { [text]: [text, text] } };
    const line = writeFrame(message);
    expect(line).toMatch(/^[^\n\r\u2028\u2029]+\n$/);
    expect(JSON.parse(line)).toEqual(message);
    expect(readFrame(line)).toEqual({ kind: 'message', message });
  });
});
