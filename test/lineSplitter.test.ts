import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LineSplitter } from '../src/lineSplitter.js';

function split(chunks: Buffer[], limit = 1024) {
  const lines: string[] = [];
  const splitter = new LineSplitter(limit, (line) => lines.push(line));
  const fitted = chunks.every((chunk) => splitter.push(chunk));
  splitter.flush();
  return { lines, fitted };
}

/** The bytes cut at these places, which wrap around its length. */
function cut(bytes: Buffer, places: number[]): Buffer[] {
  const cuts = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b);
  return [0, ...cuts].map((start, index) => bytes.subarray(start, cuts[index] ?? bytes.length));
}

describe('LineSplitter', () => {
  test('row 16: gives the same lines wherever the chunks end', () => {
    const line = fc.string({ unit: 'binary' }).map((text) => text.replaceAll(/[\n\ufeff]/g, ''));
    fc.assert(
      fc.property(fc.array(line), fc.array(fc.nat(), { maxLength: 20 }), (lines, places) => {
        const sound = lines.map((text) => Buffer.from(text).toString());
        const bytes = Buffer.from(sound.map((text) => `${text}\n`).join(''));
        expect(split(cut(bytes, places)).lines).toEqual(sound);
      }),
    );
  });

  test('row 16: takes byte by byte, in the middle of characters', () => {
    const bytes = Buffer.from('späße 🎈\nb\n');
    const { lines } = split([...bytes].map((byte) => Buffer.of(byte)));
    expect(lines).toEqual(['späße 🎈', 'b']);
  });

  test('row 17: drops a byte order mark and keeps blank lines', () => {
    expect(split([Buffer.from('\ufeff{}\n\n\r\n')]).lines).toEqual(['{}', '', '\r']);
  });

  test('a last line without its end counts only when the stream has ended', () => {
    const lines: string[] = [];
    const splitter = new LineSplitter(10, (line) => lines.push(line));
    splitter.push(Buffer.from('a\nb'));
    expect(lines).toEqual(['a']);
    splitter.flush();
    splitter.flush();
    expect(lines).toEqual(['a', 'b']);
  });

  test('row 15: the limit holds for each line, in one chunk or many', () => {
    expect(split([Buffer.from('12345678\n12345678\n')], 8)).toEqual({
      lines: ['12345678', '12345678'],
      fitted: true,
    });
    expect(split([Buffer.from('123456789\n')], 8)).toEqual({ lines: [], fitted: false });
    expect(split([Buffer.from('1234'), Buffer.from('56789')], 8)).toEqual({ lines: [], fitted: false });
    expect(split([Buffer.from('1234'), Buffer.from('56789\n')], 8)).toEqual({ lines: [], fitted: false });
  });

  test('looks at each byte of a long line about once', () => {
    const chunk = Buffer.alloc(64 * 1024, 'x');
    const copied = countCopies(() => {
      const splitter = new LineSplitter(Number.POSITIVE_INFINITY, () => {});
      for (let index = 0; index < 160; index += 1) splitter.push(chunk);
      splitter.push(Buffer.from('\n'));
    });
    expect(copied).toBeGreaterThanOrEqual(160 * chunk.length);
    expect(copied).toBeLessThan(3 * 160 * chunk.length);
  });
});

/** How many bytes are copied between buffers meanwhile. */
function countCopies(run: () => void): number {
  const { copy } = Buffer.prototype;
  let bytes = 0;
  Buffer.prototype.copy = function count(...args: Parameters<typeof copy>) {
    const copied = copy.apply(this, args);
    bytes += copied;
    return copied;
  };
  try {
    run();
  } finally {
    Buffer.prototype.copy = copy;
  }
  return bytes;
}
