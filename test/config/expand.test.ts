// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references as configuration files have them
import { tmpdir } from 'node:os';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { expandText, variablesFor } from '../../src/config/expand.js';
import { fingerprint } from '../../src/config/fingerprint.js';
import { loadServer, serverProblems } from './support.js';

const env = { A: 'alpha', EMPTY: '', HOME: '/home/ada', USERPROFILE: 'C:\\Users\\ada' };
const expand = (text: string, given: { [name: string]: string } = env) =>
  expandText(text, variablesFor(given, '/project'));

describe('a reference', () => {
  test.each([
    ['${A}', 'alpha'],
    ['${env:A}', 'alpha'],
    ['<${A}|${A}>', '<alpha|alpha>'],
    ['${A:-b}', 'alpha'],
    ['${MISSING:-b}', 'b'],
    ['${env:MISSING:-b}', 'b'],
    ['${MISSING:-}', ''],
    ['${MISSING:-a:-b}', 'a:-b'],
    ['${MISSING:-$A}', '$A'],
    ['${EMPTY}', ''],
    ['${EMPTY:-b}', 'b'],
    ['${userHome}', process.platform === 'win32' ? env.USERPROFILE : env.HOME],
    ['${workspaceFolder}', '/project'],
    ['${workspaceFolderBasename}', 'project'],
    ['${env:workspaceFolder:-none}', 'none'],
    ['$A', '$A'],
    ['%A%', '%A%'],
    ['${A', '${A'],
    ['$${A}', '$alpha'],
    ['', ''],
  ])('%s becomes %s', (text, expected) => {
    expect(expand(text)).toMatchObject({ text: expected, problems: [], hasUnknown: false });
  });

  test.each(['${}', '${1}', '${a-b}', '${a b}', '${#A}', '${A%%x}', '${foo:bar}'])(
    'is not %s, which stays and is told',
    (text) => {
      expect(expand(text)).toMatchObject({ text, problems: [], hasUnknown: true });
    },
  );

  test('puts in what a replacement would take for a command', () => {
    expect(expand('<${A}>', { A: "$& $1 $' $$" }).text).toBe("<$& $1 $' $$>");
  });

  test('is never looked for in what was put in', () => {
    const nasty = fc.oneof(
      fc.constantFrom('${B}', '${A}', '$', '{B}', '${B:-x}', '}', '${'),
      fc.string({ maxLength: 3 }),
    );
    const value = fc.array(nasty, { maxLength: 4 }).map((parts) => parts.join(''));
    const piece = fc.oneof(fc.constantFrom('${A}', '${B}'), fc.stringMatching(/^[a-z ]*$/));
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 6 }), value, value, (pieces, a, b) => {
        const expected = pieces.map((each) => (each === '${A}' ? a : each === '${B}' ? b : each)).join('');
        expect(expand(pieces.join(''), { A: a, B: b })).toMatchObject({ text: expected, problems: [] });
      }),
    );
  });

  test('row 23: is not to what every object has', () => {
    for (const name of ['constructor', '__proto__', 'toString']) {
      expect(serverProblems({ command: `\${${name}}` })).toEqual([
        `mcpServers.it.command: found no variable ${name} in the environment, expected one, or a default: \${${name}:-…}`,
      ]);
    }
  });
});

describe('a reference that leads nowhere', () => {
  test.each([
    ['command', { command: '${MISSING}' }],
    ['args[1]', { command: 'a', args: ['b', 'x${MISSING}'] }],
    ['cwd', { command: 'a', cwd: '${MISSING}/b' }],
    ['env.A', { command: 'a', env: { A: '${env:MISSING}' } }],
    ['url', { url: 'https://${MISSING}/mcp' }],
    ['headers.Authorization', { url: 'http://a', headers: { Authorization: 'Bearer ${MISSING}' } }],
  ])('in %s is told with its place and its name', (path, server) => {
    expect(serverProblems(server, env)).toEqual([
      `mcpServers.it.${path}: found no variable MISSING in the environment, expected one, or a default: \${MISSING:-…}`,
    ]);
  });

  test('is one for each that is missing', () => {
    expect(serverProblems({ command: '${A} ${B} ${C}' }, { B: 'b' })).toHaveLength(2);
  });

  test('is an input of VS Code, which nobody can be asked for', () => {
    expect(
      serverProblems({ url: 'http://a', headers: { Authorization: 'Bearer ${input:api-key}' } }),
    ).toEqual([
      'mcpServers.it.headers.Authorization: found ${input:api-key}, expected an environment variable, ' +
        'such as ${API_KEY}: there is nobody to ask for an input',
    ]);
  });

  test.each(['${command:a.b}', '${config:a.b}', '${workspaceFolder:other}'])('is %s', (reference) => {
    expect(serverProblems({ command: reference })).toEqual([
      `mcpServers.it.command: found ${reference}, expected an environment variable, such as \${NAME}`,
    ]);
  });

  test('is a home that is not known', () => {
    expect(serverProblems({ command: '${userHome}' })[0]).toMatch(/found no variable (HOME|USERPROFILE)/);
  });

  test('is one in a default', () => {
    expect(serverProblems({ command: '${MISSING:-${A}}' }, env)).toEqual([
      'mcpServers.it.command: found a reference in the default of MISSING, expected a default without references',
    ]);
  });

  test('is a text of another kind, which is told and left alone', () => {
    const { config, warnings } = loadServer({ command: 'sh', args: ['-c', 'echo ${#A}'] });
    expect(config.server).toMatchObject({ args: ['-c', 'echo ${#A}'] });
    expect(warnings.map(({ path }) => path)).toEqual(['mcpServers.it.args[1]']);
  });
});

describe('a server with references', () => {
  test('has them put in where a server can want them, and nowhere else', () => {
    const { config } = loadServer(
      {
        command: '${A}/bin',
        args: ['--${A}'],
        env: { '${A}': '${A}' },
        cwd: '/${A}',
      },
      env,
    );
    expect(config.server).toEqual({
      command: 'alpha/bin',
      args: ['--alpha'],
      env: { '${A}': 'alpha' },
      cwd: '/alpha',
    });
    expect(
      loadServer({ url: 'https://${A}.example', headers: { X: '${A}' } }, env).config.server,
    ).toMatchObject({
      url: 'https://alpha.example',
      headers: { X: 'alpha' },
    });
  });

  test('is refused if nothing is left of its command', () => {
    expect(serverProblems({ command: '${EMPTY}' }, env)).toEqual([
      'mcpServers.it.command: found nothing, its variables being empty, expected a program',
    ]);
  });

  test('row 63: has what they brought into open places among its secrets', () => {
    const given = { KEY: 'hunter2-is-a-secret', FOLDER: tmpdir(), SHORT: 'x', IN_ENV: 'another-secret' };
    const { config } = loadServer(
      {
        command: 'a',
        args: ['--key=${KEY}', '${FOLDER}', '${SHORT}', '${UNSET:-the-default}'],
        env: { B: '${IN_ENV}' },
      },
      given,
    );
    expect(config.secrets).toEqual(['hunter2-is-a-secret']);
    expect(loadServer({ url: 'https://a.example/${KEY}/mcp' }, given).config.secrets).toEqual([given.KEY]);
  });

  test('row 63: a key that begins like a path is a key', () => {
    const given = {
      KEY: '/wJalrXUtnFEMI/K7MDENG',
      PROGRAM: '/opt/none/bin/server',
      FOLDER: '/opt/none/files',
    };
    const secretsOf = (server: unknown) => loadServer(server, given).config.secrets;
    expect(secretsOf({ command: 'a', args: ['--key=${KEY}', '${KEY}'] })).toEqual([given.KEY]);
    expect(secretsOf({ command: '/opt/${KEY}', cwd: '${FOLDER}/${KEY}' })).toEqual([given.KEY, given.FOLDER]);
    // What is to be run, and where, has to be told when it is not there.
    expect(secretsOf({ command: '${PROGRAM}', cwd: '${FOLDER}' })).toEqual([]);
  });
});

test('two environments that make the same servers of a text differ in what it does not refer to', () => {
  const name = fc.constantFrom('A', 'B', 'C', 'HOME', 'USERPROFILE', 'userHome', 'workspaceFolder');
  const environment = fc.dictionary(name, fc.constantFrom('', 'x', 'y'));
  const reference = fc.constantFrom(
    '${A}',
    '${env:B:-d}',
    '${C:-}',
    '${userHome}',
    '${env:userHome}',
    '${workspaceFolder}',
  );
  fc.assert(
    fc.property(fc.array(reference), environment, environment, (references, one, other) => {
      const text = references.join('|');
      const path = '/nowhere/.mcp.json';
      fc.pre(fingerprint({ path, text, env: one }) === fingerprint({ path, text, env: other }));
      expect(expand(text, one)).toEqual(expand(text, other));
    }),
  );
});
