import { describe, expect, test } from 'vitest';
import { FIELDS } from '../../src/config/schema.js';
import { didYouMean, suggestName } from '../../src/config/suggestions.js';

describe('the name that was meant', () => {
  test.each([
    ['comand', 'command'],
    ['Command', 'command'],
    ['arg', 'args'],
    ['headres', 'headers'],
    ['allowed_tools', 'allowedTools'],
    ['disabled-tool', 'disabledTools'],
    ['retrypolicy', 'retryPolicy'],
    ['serverUrl', 'url'],
    ['enabled', 'disabled'],
    ['excludeTools', 'disabledTools'],
    ['autoApprove', undefined],
    ['description', undefined],
    ['oauth', undefined],
    ['', undefined],
    ['constructor', undefined],
    ['x'.repeat(100_000), undefined],
  ])('by %s is %s', (name, meant) => {
    expect(suggestName(name, FIELDS.server)).toBe(meant);
  });

  test('counts two neighbours that changed places as one slip', () => {
    const known = ['ping', 'stats', 'status'];
    expect(['pnig', 'stauts', 'pgin'].map((name) => suggestName(name, known))).toEqual([
      'ping',
      'status',
      undefined,
    ]);
  });

  test('is only one of those there are', () => {
    expect(suggestName('serverUrl', ['interval'])).toBeUndefined();
  });

  test('is told at the end of a sentence', () => {
    expect(didYouMean('comand', FIELDS.server)).toBe('; did you mean command?');
    expect(didYouMean('autoApprove', FIELDS.server)).toBe('');
  });
});
