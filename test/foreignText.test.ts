import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { showError, showForeign } from '../src/foreignText.js';
import { createRedactor } from '../src/redact.js';

const redact = createRedactor(['hunter2']);
const show = (text: string) => showForeign(text, redact, 60);

describe('text of a stranger', () => {
  test('is without secrets, on one line, and short', () => {
    expect(show('key hunter2\n\u001b[31mrefused')).toBe('key [secret]\\n\\x1b[31mrefused');
    expect(show('x'.repeat(5_000))).toBe(`${'x'.repeat(59)}…`);
    expect(showForeign('x'.repeat(5_000))).toHaveLength(200);
  });

  test('shows no beginning of a secret where it is cut', () => {
    expect(show(`${'x'.repeat(57)}hunter2`)).toBe(`${'x'.repeat(57)}[s…`);
  });

  test('has nothing unsafe, whatever it was and wherever it is cut', () => {
    const text = fc.string({ unit: 'binary', maxLength: 40 });
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 40 }), (given, longest) => {
        const shown = showForeign(given, redact, longest);
        expect(shown.length).toBeLessThanOrEqual(longest);
        expect(shown).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u);
      }),
    );
  });
});

describe('an error that may quote a stranger', () => {
  test('is itself where there is nothing to hide', () => {
    const cause = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
    for (const error of [new Error('fetch failed', { cause }), 'a text', undefined, null, 7]) {
      expect(showError(error, show)).toBe(error);
    }
  });

  test.each([
    ['its message', Object.assign(new Error('no hunter2'), { code: -32603 }), 'no [secret]'],
    ['its data', Object.assign(new Error('no'), { code: -32603, data: { key: 'hunter2' } }), 'no'],
    ['its cause', Object.assign(new Error('no', { cause: new Error('hunter2') }), { code: -32603 }), 'no'],
    ['its length', Object.assign(new Error('n'.repeat(99)), { code: -32603 }), `${'n'.repeat(59)}…`],
  ])('is another one of its name and code because of %s', (_, error, message) => {
    error.name = 'McpError';
    const shown = showError(error, show);
    expect(shown).toMatchObject({ name: 'McpError', code: -32603, message });
    expect(shown).not.toHaveProperty('data');
    expect(String(Object(shown).cause)).not.toContain('hunter2');
    expect(Object(shown).stack).not.toContain('hunter2');
  });

  test('may be its own cause, and hold what no JSON can', () => {
    const circle = new Error('no');
    circle.cause = circle;
    const count = Object.assign(new Error('no'), { count: 1n });
    for (const error of [circle, count]) {
      expect(showError(error, show)).toMatchObject({ message: 'no' });
      expect(showError(error, show)).not.toBe(error);
    }
  });

  test('that is a text is that text as it may be shown', () => {
    expect(showError('no hunter2', show)).toBe('no [secret]');
  });
});
