import fc from 'fast-check';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { createRedactor } from '../../../src/redact.js';
import { StderrTail } from '../../../src/transports/stdio/stderrTail.js';

function tailOf(chunks: (string | Buffer)[], limit: number, secrets: string[] = []): string {
  const tail = new StderrTail(limit, createRedactor(secrets));
  for (const chunk of chunks) tail.push(Buffer.from(chunk));
  return tail.read();
}

describe('StderrTail', () => {
  test('keeps all that fits', () => {
    expect(tailOf(['one\n', 'two\n'], 100)).toBe('one\ntwo');
    expect(tailOf([], 100)).toBe('');
  });

  test('keeps the last whole lines', () => {
    expect(tailOf(['first line\nsecond\nthird\n'], 15)).toBe('second\nthird');
    expect(tailOf(['first line\nsecond\nthird\n'], 13)).toBe('second\nthird');
    expect(tailOf(['first line\nsecond\nthird\n'], 12)).toBe('third');
  });

  test('keeps the end of a line that is too long, from a character on', () => {
    expect(tailOf(['abcdefghij'], 4)).toBe('ghij');
    expect(tailOf(['ääää'], 3)).toBe('ä');
  });

  test('shows no secret that comes in two chunks', () => {
    expect(tailOf(['key hun', 'ter2\n'], 100, ['hunter2'])).toBe('key [secret]');
  });

  test('shows no end of a secret that the cut goes through', () => {
    for (let limit = 1; limit < 30; limit += 1) {
      const shown = tailOf([`${'x'.repeat(50)}0123456789-abcdef`], limit, ['0123456789']);
      expect(shown).not.toMatch(/\d/);
    }
  });

  test('is never longer than the limit and shows no secret', () => {
    const secrets = ['wort', 'näßchen'];
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.string(), fc.constantFrom('wo', 'rt', 'näß', 'chen', '\n')), {
          maxLength: 400,
        }),
        fc.integer({ min: 0, max: 64 }),
        (chunks, limit) => {
          const shown = tailOf(chunks, limit, secrets);
          expect(Buffer.byteLength(shown)).toBeLessThanOrEqual(limit);
          for (const secret of secrets) expect(shown).not.toContain(secret);
        },
      ),
    );
  });

  test('row 14: holds little, however much was written in however many pieces', () => {
    const concat = vi.spyOn(Buffer, 'concat');
    onTestFinished(() => concat.mockRestore());
    const tail = new StderrTail(1000, createRedactor(['0123456789']));
    for (let index = 0; index < 100_000; index += 1) tail.push(Buffer.from('line\n'));
    tail.push(Buffer.alloc(65_536, 'x'));
    const held = concat.mock.results.map(({ value }) => value.length);
    expect(Math.max(...held)).toBeLessThan(65_536 + 3000);
    expect(Math.max(...concat.mock.calls.map(([chunks]) => chunks.length))).toBeLessThan(100);
    expect(tail.read()).toBe('x'.repeat(1000));
  });
});
