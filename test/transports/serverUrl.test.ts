import { expect, test } from 'vitest';
import { isSameServer, readServerUrl, showUrl } from '../../src/transports/serverUrl.js';

test.each([
  ['http://host:80/mcp?key=x#y', 'http://host/mcp'],
  ['https://user:pass@host/', 'https://host'],
  ['https://host/api/0123456789abcdef0/mcp', 'https://host/api/…/mcp'],
])('%s is shown as %s', (url, shown) => {
  expect(showUrl(new URL(url))).toBe(shown);
});

test('user and password leave the URL, and are secrets as the query and long parts of the path are', () => {
  const given = new URL('https://us%65r:p%20w@host/0123456789abcdef0/mcp?key=value');
  const { url, authorization, secrets } = readServerUrl(given);
  expect(url.href).toBe('https://host/0123456789abcdef0/mcp?key=value');
  expect(authorization).toBe(`Basic ${btoa('user:p w')}`);
  expect(secrets).toEqual(
    expect.arrayContaining(['user', 'p w', 'value', '0123456789abcdef0', btoa('user:p w')]),
  );
  // The caller's own URL is the caller's.
  expect(given.username).toBe('us%65r');
});

test.each([
  ['http://a/x', 'http://a/y', true],
  ['http://a/x', 'https://a/x', true],
  ['http://a:8080/x', 'https://a/x', false],
  ['https://a/x', 'http://a/x', false],
  ['http://a/x', 'http://b/x', false],
  ['http://a/x', 'http://a:81/x', false],
  ['http://a/x', 'http://user@a/x', false],
])('from %s to %s: %s', (from, to, expected) => {
  expect(isSameServer(new URL(from), new URL(to))).toBe(expected);
});
