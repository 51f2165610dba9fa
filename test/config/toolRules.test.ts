import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isToolAllowed, matchesPattern } from '../../src/config/toolRules.js';

describe('a tool', () => {
  test.each([
    [{}, true],
    [{ allowedTools: ['read_*'] }, true],
    [{ allowedTools: ['write_*', 'read_file'] }, true],
    [{ allowedTools: ['read'] }, false],
    [{ allowedTools: [] }, false],
    [{ disabledTools: ['write_*'] }, true],
    [{ disabledTools: ['*'] }, false],
    [{ disabledTools: [] }, true],
    [{ allowedTools: ['*'], disabledTools: ['read_*'] }, false],
    [{ allowedTools: ['read_file'], disabledTools: ['read_file'] }, false],
    [{ allowedTools: ['READ_*'] }, false],
  ])('called read_file under %j is allowed: %s', (rules, allowed) => {
    expect(isToolAllowed(rules, 'read_file')).toBe(allowed);
  });
});

describe('a pattern', () => {
  test.each([
    ['*', '', true],
    ['', '', true],
    ['', 'a', false],
    ['?', '', false],
    ['?', '😀', true],
    ['??', '😀', false],
    ['a?c', 'abc', true],
    ['*_file', 'read_file', true],
    ['*.*', 'a.b.c', true],
    ['a*b*c', 'aXbXbYc', true],
    ['a*b*c', 'aXcXb', false],
    ['a**b', 'ab', true],
    ['*/list', 'files/sub/list', true],
    ['.*', 'read', false],
    ['(a|b)', 'a', false],
    ['*ab', 'aaab', true],
  ])('%j takes %j: %s', (pattern, name, matches) => {
    expect(matchesPattern(pattern, name)).toBe(matches);
  });

  test('means what the same regular expression means', () => {
    const letters = (alphabet: string[]) =>
      fc.array(fc.constantFrom(...alphabet), { maxLength: 10 }).map((all) => all.join(''));
    fc.assert(
      fc.property(
        letters(['a', 'b', '*', '?', '.', '+', '\n']),
        letters(['a', 'b', '.', '+', '\n']),
        (pattern, name) => {
          const source = pattern.replace(/[.+]/g, '\\$&').replaceAll('*', '.*').replaceAll('?', '.');
          expect(matchesPattern(pattern, name)).toBe(new RegExp(`^${source}$`, 's').test(name));
        },
      ),
      { numRuns: 5_000 },
    );
  });

  test('is compared in time, whatever a server calls its tools', () => {
    // With a regular expression this would outlive us.
    expect(matchesPattern(`${'a*'.repeat(40)}b`, 'a'.repeat(5_000))).toBe(false);
  });
});
