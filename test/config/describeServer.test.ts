// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references as configuration files have them
import { describe, expect, test } from 'vitest';
import { describeServer } from '../../src/config/describeServer.js';
import { parseConfig } from '../../src/config/parseConfig.js';
import { FILE } from './support.js';

const SENTINEL = 'hunter2-is-a-secret';

function describeIt(server: unknown) {
  const text = JSON.stringify({ mcpServers: { it: server } });
  const declared = parseConfig({ path: FILE, text }).servers.get('it');
  if (declared === undefined) throw new Error('the server is missing');
  return describeServer(declared);
}

describe('what is told of a program', () => {
  test('is what it runs, where, and with which variables', () => {
    expect(
      describeIt({
        command: 'npx',
        args: ['-y', '@scope/files@1.2', '${HOME}/my files', "it's", ''],
        env: { KEY: SENTINEL, NODE_OPTIONS: '${OPTIONS}' },
        cwd: 'sub',
      }),
    ).toEqual({
      name: 'it',
      command: "npx -y @scope/files@1.2 '${HOME}/my files' 'it'\\''s' ''",
      cwd: '/project/sub',
      url: null,
      env: ['KEY', 'NODE_OPTIONS'],
      headers: [],
      variables: ['HOME', 'OPTIONS'],
      disabled: false,
    });
  });

  test.each([
    [undefined, '/project'],
    ['.', '/project'],
    ['/srv', '/srv'],
    ['../x', '/x'],
    ['${DATA}/x', '${DATA}/x'],
  ])('says of the folder %s: %s', (cwd, shown) => {
    expect(describeIt({ command: 'a', cwd }).cwd).toBe(shown);
  });

  test('row 61: is safe on a terminal', () => {
    const shown = describeIt({
      command: 'a\x1b[2K\r',
      args: ['\n', '\u202e'],
      cwd: '\x9b2J',
      env: { 'A\x1b]0;': '' },
      disabled: true,
    });
    expect(Object.values(shown).flat().join('')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect(shown.command).toBe("'a\\x1b[2K\\r' '\\n' '\\u{202e}'");
    expect(shown.disabled).toBe(true);
  });
});

describe('what is told of an address', () => {
  test('is where it is, and the names of its headers', () => {
    expect(
      describeIt({
        url: 'https://a.example/mcp',
        headers: { Authorization: `Bearer ${SENTINEL}`, X: '${X}' },
      }),
    ).toEqual({
      name: 'it',
      command: null,
      cwd: null,
      url: 'https://a.example/mcp',
      env: [],
      headers: ['Authorization', 'X'],
      variables: ['X'],
      disabled: false,
    });
  });

  test.each([
    [`https://user:${SENTINEL}@a.example/mcp`, 'https://…@a.example/mcp'],
    [`https:user:${SENTINEL}@a.example/mcp`, 'https:…@a.example/mcp'],
    [`https://a.example/${SENTINEL}/mcp`, 'https://a.example/…/mcp'],
    [`https://a.example/mcp?key=${SENTINEL}#${SENTINEL}`, 'https://a.example/mcp?…'],
    ['https://a-long-name-of-a-host.example/mcp', 'https://a-long-name-of-a-host.example/mcp'],
    [`\${BASE_URL_OF_THE_SERVER}/${SENTINEL}`, '${BASE_URL_OF_THE_SERVER}/…'],
    ['https://a.example/${A_LONG_NAME_OF_A_VARIABLE}', 'https://a.example/${A_LONG_NAME_OF_A_VARIABLE}'],
    [`https://a.example/\${A}${SENTINEL}/mcp`, 'https://a.example/…/mcp'],
    ['${BASE:-https://a.example}/mcp', '${BASE:-https://a.example}/mcp'],
  ])('row 63: says of %s: %s', (url, shown) => {
    expect(describeIt({ url }).url).toBe(shown);
  });
});
