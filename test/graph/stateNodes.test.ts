import { describe, expect, test } from 'vitest';
import { describeStateValue, matchesPath } from '../../src/graph/index.js';

test.each([
  ['a', 'a', true],
  ['a', 'a.b', false],
  ['a.b', 'a', false],
  ['a.*', 'a.b', true],
  ['a.*', 'a.b.c', true],
  ['a.*', 'a', false],
  ['*', 'a.b', true],
  ['a.*.c', 'a.b.c', true],
  ['a.*.c', 'a.b.d', false],
  ['a.*.c', 'a.b.c.d', false],
])('the pattern %s on %s: %s', (pattern, path, isMatch) => {
  expect(matchesPath(pattern, path)).toBe(isMatch);
});

describe('a state value on one line', () => {
  test.each([
    ['idle', 'idle'],
    [{ active: { session: 'connecting' } }, 'active.session.connecting'],
    [
      { active: { connected: { health: 'ok', probe: { asking: 'ping' } } } },
      'active.connected(health.ok, probe.asking.ping)',
    ],
    [{ left: 'a', right: {} }, '(left.a, right)'],
  ])('%j', (value, text) => {
    expect(describeStateValue(value)).toBe(text);
  });
});
