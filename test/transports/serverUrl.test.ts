import { expect, test } from 'vitest';
import { ConfigError } from '../../src/errors.js';
import { isSameServer, readServerUrl, showUrl } from '../../src/transports/serverUrl.js';

test.each([
  ['http://host:80/mcp?key=x#y', 'http://host/mcp'],
  ['https://user:pass@host/', 'https://host'],
  ['https://host/api/0123456789abcdef0/mcp', 'https://host/api/…/mcp'],
  ['https://host/api/0123456789abcdef/mcp', 'https://host/api/0123456789abcdef/mcp'],
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
  ['not a URL', 'server.url: found "9 characters", expected an http: or https: URL'],
  ['ftp://user:secret@host/', 'server.url: found "ftp:", expected an http: or https: URL'],
])('%s is refused without being quoted', (value, message) => {
  const read = () => readServerUrl(value);
  expect(read).toThrow(ConfigError);
  expect(read).toThrow(message);
});

test('a URL with nothing to hide has no secrets', () => {
  const { authorization, secrets } = readServerUrl('https://host/api/mcp');
  expect(authorization).toBeNull();
  expect(secrets.join('')).toBe('');
});

test('what cannot be decoded is a secret as it stands, and one of them is enough', () => {
  const { authorization, secrets } = readServerUrl('https://%E0%A4:@host/?a=one&b=two');
  expect(authorization).toBe(`Basic ${btoa('%E0%A4:')}`);
  expect(secrets).toEqual(['%E0%A4', '', 'one', 'two', 'a=one&b=two', btoa('%E0%A4:')]);
  expect(readServerUrl('https://:word@host/').authorization).toBe(`Basic ${btoa(':word')}`);
});

test.each([
  ['http://a/x', 'http://a/y', true],
  ['https://a/x', 'https://a/y', true],
  ['https://a/x', 'https://b/x', false],
  ['http://a/x', 'https://b/x', false],
  ['http://a/x', 'https://:word@a/x', false],
  ['https://a:80/x', 'https://a/x', false],
  ['http://a:443/x', 'https://a:443/x', false],
  ['http://a/x', 'ftp://a/x', false],
  ['ftp://a/x', 'https://a/x', false],
  ['http://a/x', 'https://a/x', true],
  ['http://a:8080/x', 'https://a/x', false],
  ['https://a/x', 'http://a/x', false],
  ['http://a/x', 'http://b/x', false],
  ['http://a/x', 'http://a:81/x', false],
  ['http://a/x', 'http://user@a/x', false],
])('from %s to %s: %s', (from, to, expected) => {
  expect(isSameServer(new URL(from), new URL(to))).toBe(expected);
});
