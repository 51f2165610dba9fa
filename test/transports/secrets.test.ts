import { expect, test } from 'vitest';
import { secretsOf } from '../../src/transports/secrets.js';

/** Each once: how often it is named does not matter. */
const found = (...given: Parameters<typeof secretsOf>) => [...new Set(secretsOf(...given))];

const transport = () => Promise.reject(new Error('never made'));

test('of a process: the values of its environment that tell something, and what was named', () => {
  const server = { command: 'server', env: { TOKEN: 'sesame-open', DEBUG: '1' } };
  expect(found(server, {})).toEqual(['sesame-open']);
  expect(found(server, { secrets: ['x'], headers: { Authorization: 'Bearer unused-token' } })).toEqual([
    'x',
    'sesame-open',
  ]);
  expect(found({ command: 'server' }, {})).toEqual([]);
});

test('of a URL: what it hides, the values of both kinds of headers, and each of their words', () => {
  const server = {
    url: 'https://user:password@host/0123456789abcdef0?key=query-value&n=1',
    headers: { Authorization: 'Bearer  first-token', 'X-Level': '1' },
  };
  expect(found(server, { secrets: ['named'], headers: { Cookie: 'id=second-token; a=1' } })).toEqual([
    'named',
    'user',
    'password',
    'query-value',
    '0123456789abcdef0',
    'key=query-value&n=1',
    btoa('user:password'),
    'Bearer  first-token',
    'Bearer',
    'first-token',
    'id=second-token; a=1',
    'second-token',
  ]);
});

test('headers that are asked for each time are not known beforehand', () => {
  const headers = () => ({ Authorization: 'Bearer later-token' });
  expect(found({ url: 'https://host/' }, { headers })).toEqual([]);
  expect(found(transport, { headers, secrets: ['named'] })).toEqual(['named']);
  expect(found(transport, { headers: { 'X-Key': 'fixed-token' } })).toEqual(['fixed-token']);
});
