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
    [`https://user:${SENTINEL}@a.example/mcp`, 'https://a.example/mcp'],
    [`https:user:${SENTINEL}@a.example/mcp`, 'https://a.example/mcp'],
    [`https://user:${SENTINEL}@a.example/${'${A}'}`, 'https://a.example/${A}'],
    [`https://${SENTINEL}@${'${A}'}/mcp`, 'https://…@${A}/mcp'],
    [`https:${SENTINEL}@${'${A}'}/mcp?${SENTINEL}`, 'https:…@${A}/mcp?…'],
    [`https://a.example/${SENTINEL}/mcp`, 'https://a.example/…/mcp'],
    [`https://a.example/mcp?key=${SENTINEL}#${SENTINEL}`, 'https://a.example/mcp'],
    [`https://a.example/${'${A}'}?key=${SENTINEL}#${SENTINEL}`, 'https://a.example/${A}?…'],
    ['https://a-long-name-of-a-host.example/mcp', 'https://a-long-name-of-a-host.example/mcp'],
    [`\${BASE_URL_OF_THE_SERVER}/${SENTINEL}`, '${BASE_URL_OF_THE_SERVER}/…'],
    ['https://a.example/${A_LONG_NAME_OF_A_VARIABLE}', 'https://a.example/${A_LONG_NAME_OF_A_VARIABLE}'],
    [`https://a.example/\${A}${SENTINEL}/mcp`, 'https://a.example/…/mcp'],
    ['${BASE:-https://a.example}/mcp', '${BASE:-https://a.example}/mcp'],
  ])('row 63: says of %s: %s', (url, shown) => {
    expect(describeIt({ url }).url).toBe(shown);
  });

  test.each([
    ['https://%65vil.example/mcp', 'https://evil.example/mcp'],
    ['https://\u0430pple.example/mcp', 'https://xn--pple-43d.example/mcp'],
    ['https:good.example@evil.example/mcp', 'https://evil.example/mcp'],
    ['https:evil.example/@good.example/mcp', 'https://evil.example/@good.example/mcp'],
    // What comes after the host is of no influence on it.
    ['https://%65vil.example/@good.example/${A}', 'https://evil.example/@good.example/${A}'],
    ['https://\u0430pple.example/${A}', 'https://xn--pple-43d.example/${A}'],
    // What may end the host is there to be seen.
    [
      'https://evil.example${pathSeparator}@good.example/mcp',
      'https://evil.example${pathSeparator}@good.example/mcp',
    ],
    ['https://evil.example${A:-/}@good.example', 'https://evil.example${A:-/}@good.example'],
    [
      'https:/a-long-name-of-evil.example${/}@good.example',
      'https:/a-long-name-of-evil.example${/}@good.example',
    ],
    ['${A:-https://}\u0430pple.example', '${A:-https://}%D0%B0pple.example'],
    ['https://\u0430pple.example${/}', 'https://%D0%B0pple.example${/}'],
    ['${A:-https:}//a-long-name-of-evil.example/x', '${A:-https:}//a-long-name-of-evil.example/x'],
    [
      '${A:-https://a-long-name-of-evil.example}/@good.example',
      '${A:-https://a-long-name-of-evil.example}/@good.example',
    ],
    ['https://${A:-?}evil.example/?x', 'https://${A:-?}evil.example/?…'],
    // It cannot be talked to.
    ['good.example', 'no http: or https: URL'],
    ['ftp://good.example', 'no http: or https: URL'],
  ])('names the host that is talked to: of %s %s', (url, shown) => {
    expect(describeIt({ url }).url).toBe(shown);
  });

  test.each(['https://evil.example\\@good.example/mcp', 'https://evil.example\n/', 'https://a.example/\0'])(
    'is not told of %j, which people and programs read differently',
    (url) => {
      expect(() => describeIt({ url })).toThrow('without backslashes and control characters');
    },
  );
});
