import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRedactor } from '../src/redact.js';

describe('createRedactor', () => {
  test('replaces every secret wherever it is', () => {
    const redact = createRedactor(['hunter2', 'swordfish']);
    expect(redact('hunter2 and swordfish, hunter2')).toBe('[secret] and [secret], [secret]');
  });

  test('replaces the longest of two that begin alike', () => {
    expect(createRedactor(['token', 'token-123'])('a token-123 b')).toBe('a [secret] b');
  });

  test('leaves nothing of secrets that overlap, be it with themselves', () => {
    expect(createRedactor(['abcdef', 'defghi'])('-abcdefghi-')).toBe('-[secret]-');
    expect(createRedactor(['abab'])('-ababab-')).toBe('-[secret]-');
  });

  test('finds a secret as it looks inside JSON and inside a URL', () => {
    const redact = createRedactor(['a"b\nc', 'x y/z']);
    expect(redact(JSON.stringify({ key: 'a"b\nc' }))).toBe('{"key":"[secret]"}');
    expect(redact('http://host/?key=x%20y%2Fz')).toBe('http://host/?key=[secret]');
  });

  test('takes a secret for text, not for a pattern', () => {
    expect(createRedactor(['.*', '$&'])('a.*b$&c')).toBe('a[secret]b[secret]c');
  });

  test('changes nothing when there are no secrets', () => {
    expect(createRedactor([])('text')).toBe('text');
    expect(createRedactor([''])('text')).toBe('text');
    expect(createRedactor([]).longest).toBe(0);
  });

  test('a cut through a secret shows no end of it', () => {
    const redact = createRedactor(['swordfish']);
    expect(redact('a swordfish b', 5)).toBe('[secret] b');
    expect(redact('a swordfish b', 11)).toBe(' b');
    expect(redact('a swordfish b', 2)).toBe('[secret] b');
  });

  test('a lone surrogate is a secret as well', () => {
    expect(createRedactor(['ab\ud800'])('-ab\ud800-')).toBe('-[secret]-');
  });

  test('no secret ever shows, whatever the cut', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 2, maxLength: 6 });
    const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 60 });
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 4 }), text, fc.nat(60), (secrets, said, from) => {
        const shown = createRedactor(secrets)(said, from).split('[secret]');
        for (const secret of secrets) expect(shown.some((part) => part.includes(secret))).toBe(false);
      }),
    );
  });

  test('all that is no secret stays', () => {
    fc.assert(
      fc.property(fc.string(), (said) => {
        expect(createRedactor(['0123456789abcdef'])(said)).toBe(said);
      }),
    );
  });
});
