import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EventStreamStage, type StreamEvent } from '../../../src/transports/http/eventStream.js';

interface Read {
  text: string;
  events: StreamEvent[];
  retries: number[];
}

/** What becomes of a stream that comes in these chunks. */
function read(chunks: Uint8Array[], resumedFrom: string | null = null): Read {
  const events: StreamEvent[] = [];
  const retries: number[] = [];
  const stage = new EventStreamStage(
    {
      event: (event) => events.push(event),
      retry: (milliseconds) => retries.push(milliseconds),
      ended: () => 'END',
    },
    resumedFrom,
  );
  const passed = [...chunks.map((chunk) => stage.take(chunk)), stage.finish(undefined)];
  const decoder = new TextDecoder();
  return {
    text: passed.map((part) => (part === null ? '' : decoder.decode(part))).join(''),
    events,
    retries,
  };
}

const encode = (text: string) => new TextEncoder().encode(text);
const END = 'data: END\n\n';

describe('a stream of events', () => {
  test('passes its complete events on, and ends with one of ours', () => {
    const { text, events } = read([encode('event: a\nid: 1\ndata: x\ndata: y\n\ndata: cut')]);
    expect(text).toBe(`event: a\nid: 1\ndata: x\ndata: y\n\n${END}`);
    expect(events).toEqual([{ name: 'a', id: '1', hasData: true }]);
  });

  test('keeps retry to itself', () => {
    const { text, retries } = read([encode('retry: 5\n\nretry:0\ndata: x\n\nretry: soon\n\n')]);
    expect(text).toBe(`data: x\n\n${END}`);
    expect(retries).toEqual([5, 0]);
  });

  test('gives an id without data an empty one, which the SDK needs to see it', () => {
    const { text, events } = read([encode('id: 1\n\n')]);
    expect(text).toBe(`id: 1\ndata:\n\n${END}`);
    expect(events).toEqual([{ name: '', id: '1', hasData: false }]);
  });

  test('begins with the event it was resumed from', () => {
    expect(read([], 'e1').text).toBe(`id: e1\ndata:\n\n${END}`);
    expect(read([encode('data: x\n\n')], 'e1').text).toBe(`id: e1\ndata:\n\ndata: x\n\n${END}`);
  });

  test.each(['id:\n\n', 'id\n\n', 'id: a\0b\n\n'])('does not take %j for an event with an id', (text) => {
    expect(read([encode(text)]).events).toEqual([]);
  });

  test('comments are no events', () => {
    expect(read([encode(': hello\n\n')]).events).toEqual([]);
  });

  test('is the same however it is cut, and whichever line ends it has', () => {
    const line = fc.oneof(
      fc.constantFrom(
        'data: x',
        'id: 1',
        'retry: 7',
        'event: e',
        '',
        '',
        ': c',
        'data: žluťoučký 🐎',
        'other',
      ),
      fc.string({ unit: fc.constantFrom('a', ':', ' ', 'é'), maxLength: 6 }),
    );
    const stream = fc.tuple(fc.array(line), fc.constantFrom('\n', '\r', '\r\n'));
    fc.assert(
      fc.property(stream, fc.array(fc.nat({ max: 12 })), ([lines, end], sizes) => {
        const bytes = encode(lines.join(end) + end);
        const chunks: Uint8Array[] = [];
        let at = 0;
        for (const size of sizes) {
          chunks.push(bytes.subarray(at, at + size));
          at += size;
        }
        chunks.push(bytes.subarray(at));
        expect(read(chunks)).toEqual(read([encode(`${lines.join('\n')}\n`)]));
      }),
    );
  });
});
