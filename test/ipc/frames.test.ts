import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeFrame, type Flaw, FrameReader, readFrame } from '../../src/ipc/frames.js';
import type { Message } from '../../src/ipc/messages.js';

const LIMIT = 1000;

function read(chunks: readonly Buffer[], limit = LIMIT): { messages: Message[]; flaws: Flaw[] } {
  const messages: Message[] = [];
  const flaws: Flaw[] = [];
  const reader = new FrameReader(
    limit,
    (message) => messages.push(message),
    (flaw) => flaws.push(flaw),
  );
  for (const chunk of chunks) reader.push(chunk);
  return { messages, flaws };
}

const call = (params: unknown): Message => ({ jsonrpc: '2.0', method: 'm', params });

/** Values that are the same after a journey as JSON, with all the characters that are dangerous on one. */
const json = fc
  .jsonValue({ stringUnit: 'binary' })
  .map((value): unknown => JSON.parse(JSON.stringify(value)))
  .map((value) => ({ value, separators: '\u2028\u2029\n\r\u0085é🎈' }));

describe('frames', () => {
  test('row 60: are the same wherever the chunks are cut, in the middle of characters too', () => {
    fc.assert(
      fc.property(
        fc.array(json, { maxLength: 5 }),
        fc.infiniteStream(fc.integer({ min: 1, max: 40 })),
        (values, sizes) => {
          const bytes = Buffer.concat(values.map((value) => encodeFrame(call(value))));
          const chunks: Buffer[] = [];
          for (let at = 0; at < bytes.length; ) {
            const size = sizes.next().value;
            chunks.push(bytes.subarray(at, at + size));
            at += size;
          }
          expect(read(chunks, 1_000_000)).toEqual({ messages: values.map(call), flaws: [] });
        },
      ),
    );
  });

  test('are one line for every reader of lines', () => {
    const line = encodeFrame(call({ text: 'a\u2028b\u2029c\nd\re' })).toString();
    expect(line).toMatch(/^[^\n\r\u2028\u2029]+\n$/);
  });

  test('keep the keys that would change a prototype', () => {
    const { messages } = read([
      Buffer.from('{"jsonrpc":"2.0","method":"m","params":{"__proto__":{"x":1}}}\n'),
    ]);
    expect(JSON.stringify(messages)).toContain('"__proto__":{"x":1}');
    expect(Reflect.get({}, 'x')).toBeUndefined();
  });

  test.each([
    ['1', 1],
    ['"a"', 'a'],
    ['0', 0],
  ])('have the id %s', (text, id) => {
    const frame = readFrame(`{"jsonrpc":"2.0","id":${text},"method":"m"}`);
    expect(frame).toEqual({ kind: 'message', message: { jsonrpc: '2.0', id, method: 'm' } });
  });
});

describe('row 60: no frame is', () => {
  const request = (rest: string) => `{"jsonrpc":"2.0",${rest}}`;

  test.each([
    ['', 'no JSON'],
    ['{', 'no JSON'],
    ['GET / HTTP/1.1', 'no JSON'],
    ['null', 'null'],
    ['[]', 'an empty array'],
    [`[${request('"id":1,"method":"m"')}]`, 'a batch'],
    ['1', 'a number'],
    ['"a"', 'a string'],
    ['{}', 'no `jsonrpc: "2.0"`'],
    ['{"jsonrpc":"1.0","method":"m"}', 'no `jsonrpc: "2.0"`'],
    [request('"method":1'), 'a method that is no text'],
    [request('"method":"m","extra":1'), 'a member that JSON-RPC does not know'],
    [request('"method":"m","id":null'), 'an invalid id'],
    [request('"method":"m","id":1.5'), 'an invalid id'],
    [request('"method":"m","id":9007199254740993'), 'an invalid id'],
    [request('"method":"m","id":[1]'), 'an invalid id'],
    [request('"id":1,"method":"m","result":1'), 'both a call and an answer'],
    [request('"id":1'), 'neither a call nor one answer'],
    [request('"id":1,"result":1,"error":{"code":1,"message":""}'), 'neither a call nor one answer'],
    [request('"result":1'), 'a result with an invalid id'],
    [request('"id":null,"result":1'), 'a result with an invalid id'],
    [request('"error":{"code":1,"message":""}'), 'an error with an invalid id'],
    [request('"id":1,"error":null'), 'an invalid error'],
    [request('"id":1,"error":{"code":"1","message":""}'), 'an invalid error'],
    [request('"id":1,"params":{}'), '`params` without a method'],
  ])('%s', (line, found) => {
    expect(read([Buffer.from(`${line}\n`)]).flaws).toEqual([
      expect.objectContaining({ message: `found ${found}, expected a JSON-RPC 2.0 message` }),
    ]);
  });

  test('what follows a flaw, in the same chunk or later', () => {
    const good = encodeFrame(call(1));
    const { messages, flaws } = read([Buffer.concat([good, Buffer.from('[]\n[]\n'), good]), good]);
    expect(messages).toEqual([call(1)]);
    expect(flaws).toHaveLength(1);
  });

  test('what is longer than the limit, though its end has not come', () => {
    const exact = Buffer.from(JSON.stringify(call(1)).padEnd(LIMIT));
    expect(read([exact]).flaws).toEqual([]);
    expect(read([exact, Buffer.from('\n')]).messages).toHaveLength(1);
    expect(read([exact, Buffer.from(' ')]).flaws).toEqual([
      { code: -32600, message: 'a frame longer than 1000 bytes' },
    ]);
  });
});
