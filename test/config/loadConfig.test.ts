// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references as configuration files have them
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { describeProblem } from '../../src/config/configFileError.js';
import { parseConfig } from '../../src/config/parseConfig.js';
import { ConnectionManager } from '../../src/connection/ConnectionManager.js';
import { isLifelineError } from '../../src/errors.js';
import { FILE, load, loadServer, problems, put, refusal, serverProblems, testFolder } from './support.js';

const SENTINEL = 'hunter2-is-a-secret';

describe('a file', () => {
  test('has servers under mcpServers', () => {
    const { servers, warnings } = load({
      mcpServers: {
        files: { command: 'npx', args: ['-y', 'files'], env: { A: '1' } },
        web: { url: 'https://a.example/mcp', headers: { 'X-A': 'b' } },
      },
    });
    expect([...servers.keys()]).toEqual(['files', 'web']);
    expect(servers.get('files')?.server).toEqual({
      command: 'npx',
      args: ['-y', 'files'],
      env: { A: '1' },
      cwd: '/project',
    });
    expect(servers.get('web')?.server).toEqual({ url: 'https://a.example/mcp', headers: { 'X-A': 'b' } });
    expect(warnings).toEqual([]);
  });

  test('has servers under servers, with comments, as VS Code writes it', () => {
    const { servers, warnings } = load(`{
      // What the team uses
      "inputs": [{ "type": "promptString", "id": "key" }],
      "servers": {
        "files": { "type": "stdio", "command": "files", },
        "web": { "type": "http", "url": "https://a.example/mcp" },
        "old": { "type": "sse", "url": "https://a.example/sse" },
      },
    }`);
    expect([...servers.keys()]).toEqual(['files', 'web', 'old']);
    expect(servers.get('web')?.server).toMatchObject({ type: 'http' });
    expect(servers.get('old')?.server).toMatchObject({ type: 'sse' });
    expect(warnings).toEqual([]);
  });

  test('can have both', () => {
    const server = { command: 'a' };
    expect([...load({ mcpServers: { a: server }, servers: { b: server } }).servers.keys()]).toEqual([
      'a',
      'b',
    ]);
    expect(problems({ mcpServers: { a: server }, servers: { a: server } })).toEqual([
      'servers.a: found a second server of this name, expected one',
    ]);
  });

  test('can have no servers at all', () => {
    expect(load({ mcpServers: {} }).servers.size).toBe(0);
  });

  test.each([
    ['[]', ': found a list, expected an object'],
    ['null', ': found null, expected an object'],
    ['{}', ': found no servers, expected "mcpServers" or "servers"'],
    ['{"mcpservers":{}}', ': found no servers, expected "mcpServers" or "servers" instead of "mcpservers"'],
    ['{"mcpServers":[]}', 'mcpServers: found a list, expected an object of servers'],
    ['{"servers":"a"}', 'servers: found a string, expected an object of servers'],
    ['', ': found the end of the file, expected a value'],
  ])('%s is none', (text, problem) => {
    expect(problems(text)).toEqual([problem]);
  });

  test('may hold what is a host’s own, which is told', () => {
    const { warnings } = load({
      $schema: 'a',
      globalShortcut: '',
      mcpServers: { it: { command: 'a', alwaysAllow: [], comand: 'b', tools: ['*'] } },
    });
    expect(warnings.map(describeProblem)).toEqual([
      'line 1: not known here, ignored: globalShortcut',
      'line 1: mcpServers.it.alwaysAllow: not a field that is known here, ignored',
      'line 1: mcpServers.it.comand: not a field that is known here, ignored; did you mean command?',
      'line 1: mcpServers.it.tools: not a field that is known here, ignored; did you mean allowedTools?',
    ]);
  });

  test('that is a whole collection of settings is not repeated in the warning', () => {
    const settings = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`setting${index}`, 1]));
    const [warning] = load({ ...settings, mcpServers: {} }).warnings;
    expect(warning?.message).toBe(
      'not known here, ignored: setting0, setting1, setting2, setting3, setting4, …',
    );
  });

  test('with a key twice is told, and the last one counts', () => {
    const { servers, warnings } = load(
      '{"mcpServers": {\n"a": {"command": "one"},\n"a": {"command": "two"}}}',
    );
    expect(servers.get('a')?.server).toMatchObject({ command: 'two' });
    expect(warnings.map(describeProblem)).toEqual([
      'line 3: mcpServers.a: is there more than once; the last one counts',
    ]);
  });
});

describe('what is wrong with a file', () => {
  test('is told with its place, for one thing as compilers do', () => {
    const error = refusal(() =>
      load('{\n "mcpServers": {\n  "files": {\n   "command": "a",\n   "args": ["b", 1]\n}}}'),
    );
    expect(error.message).toBe(`${FILE}:5: mcpServers.files.args[1]: found a number, expected a string`);
    expect(error.problems).toEqual([
      { path: 'mcpServers.files.args[1]', line: 5, message: 'found a number, expected a string' },
    ]);
    expect(error).toMatchObject({ code: 'CONFIG_INVALID', file: FILE });
    expect(isLifelineError(error)).toBe(true);
  });

  test('is told all at once', () => {
    const error = refusal(() =>
      load({
        mcpServers: {
          a: { command: 5, args: 'b', disabled: 'yes' },
          b: { url: 'b' },
          c: { command: 'a', env: { A: '${MISSING}' } },
          d: 'a',
        },
      }),
    );
    expect(error.problems.map(({ path }) => path)).toEqual([
      'mcpServers.a.command',
      'mcpServers.a.args',
      'mcpServers.a.disabled',
      'mcpServers.d',
      'mcpServers.b.url',
    ]);
    expect(error.message).toContain(
      `${FILE}: 5 problems: line 1: mcpServers.a.command: found a number, expected`,
    );
  });

  test('is told without what is in it, where the text itself is broken', () => {
    const error = refusal(() => load(`{\n"mcpServers": { "a": { "env": { "KEY": ${SENTINEL} } } }`));
    expect(error.message).toBe(`${FILE}:2: found something else, expected a value`);
  });

  test.each([
    ['command', { command: '' }, 'found an empty string, expected the name or path of a program'],
    ['command', { command: ['a', 'b'] }, 'found a list, expected the name or path of a program'],
    ['args', { command: 'a', args: '-y b' }, 'found a string, expected a list of strings'],
    ['args[0]', { command: 'a', args: [null] }, 'found null, expected a string'],
    ['cwd', { command: 'a', cwd: '' }, 'found an empty string, expected the path of a folder'],
    ['env', { command: 'a', env: ['A=1'] }, 'found a list, expected an object of strings'],
    ['env.A', { command: 'a', env: { A: true } }, 'found a boolean, expected a string'],
    [
      'command',
      { command: 'a\0' },
      'found a string, expected the name or path of a program, without NUL characters',
    ],
    ['args[0]', { command: 'a', args: ['\0'] }, 'found a string, expected a string, without NUL characters'],
    [
      'cwd',
      { command: 'a', cwd: '\0' },
      'found a string, expected the path of a folder, without NUL characters',
    ],
    ['env.A', { command: 'a', env: { A: '\0' } }, 'found a string, expected a string without NUL characters'],
    [
      'env["A…"]',
      { command: 'a', env: { 'A=B': '' } },
      'found a name that no variable can have, expected one without "="',
    ],
    ['url', { url: 5 }, 'found a number, expected an http: or https: URL'],
    ['url', { url: 'a.example' }, 'found something else, expected an http: or https: URL'],
    ['url', { url: 'ws://a.example' }, 'found something else, expected an http: or https: URL'],
    ['headers', { url: 'http://a', headers: ['A: b'] }, 'found a list, expected an object of strings'],
    ['headers.A', { url: 'http://a', headers: { A: 1 } }, 'found a number, expected a string'],
    [
      'headers.A',
      { url: 'http://a', headers: { A: 'b\nc' } },
      'found something else, expected a name and a value that a header can have',
    ],
    [
      'headers["A…"]',
      { url: 'http://a', headers: { 'A B': 'c' } },
      'found something else, expected a name and a value that a header can have',
    ],
    ['type', { type: 'websocket', url: 'http://a' }, 'found "websocket", expected "stdio", "http" or "sse"'],
    ['disabled', { command: 'a', disabled: 1 }, 'found 1, expected true or false'],
    ['allowedTools', { command: 'a', allowedTools: '*' }, 'found "*", expected a list of patterns'],
    [
      'allowedTools[0]',
      { command: 'a', allowedTools: [''] },
      'found an empty string, expected the name of a tool, or a pattern',
    ],
    [
      'disabledTools[0]',
      { command: 'a', disabledTools: ['{a,b}_*'] },
      'found "{a,b}_*", expected a pattern of names, * and ? alone',
    ],
    [
      'disabledTools[1]',
      { command: 'a', disabledTools: ['a', '!b'] },
      'found "!b", expected a pattern of names, * and ? alone',
    ],
    [
      'timeout',
      { command: 'a', timeout: 'long' },
      'found "long", expected an object of limits in milliseconds',
    ],
    [
      'timeout.call',
      { command: 'a', timeout: { call: 0 } },
      'found 0, expected milliseconds from 1 to 2147483647',
    ],
    ['retryPolicy', { command: 'a', retryPolicy: true }, 'found true, expected an object or false'],
    [
      'retryPolicy.maxAttempts',
      { command: 'a', retryPolicy: { maxAttempts: -1 } },
      'found -1, expected a whole number of at least 0 or "unlimited"',
    ],
    [
      'retryPolicy.backoffStrategy.type',
      { command: 'a', retryPolicy: { backoffStrategy: { type: 'none' } } },
      'found "none", expected "constant", "linear" or "exponential"',
    ],
    [
      'retryPolicy.backoffStrategy',
      { command: 'a', retryPolicy: { backoffStrategy: 'linear' } },
      'found "linear", expected an object with a type',
    ],
    [
      'retryPolicy.backoffStrategy.delay',
      { command: 'a', retryPolicy: { backoffStrategy: { type: 'constant' } } },
      'found nothing, expected milliseconds from 1 to 2147483647',
    ],
    [
      'healthCheck.intervall',
      { command: 'a', healthCheck: { intervall: 5 } },
      'found an unknown field, expected one of the fields interval, timeout, failureThreshold, confirmAfter, probe; did you mean interval?',
    ],
    ['keepAlive', { command: 'a', keepAlive: 5 }, 'found 5, expected an object or false'],
  ])('such as %s of %j', (path, server, message) => {
    expect(serverProblems(server)).toEqual([`mcpServers.it.${path}: ${message}`]);
  });

  test.each([
    [{}, 'neither "command" nor "url"'],
    [{ serverUrl: 'http://a' }, 'neither, but "serverUrl"'],
    [{ command: 'a', url: 'http://a' }, 'both'],
  ])('such as %j', (server, found) => {
    expect(serverProblems(server)).toEqual([
      `mcpServers.it: found ${found}, expected either "command" or "url"`,
    ]);
  });

  test('is that a type has not what it needs', () => {
    expect(serverProblems({ type: 'stdio', url: 'http://a' })).toEqual([
      'mcpServers.it.command: found nothing, expected the name or path of a program',
    ]);
    expect(serverProblems({ type: 'http', command: 'a' })).toEqual([
      'mcpServers.it.url: found nothing, expected an http: or https: URL',
    ]);
  });

  test('row 63: is told without values that can be secrets', () => {
    const secret = [SENTINEL];
    const error = refusal(() =>
      load({
        mcpServers: {
          a: { command: secret, args: SENTINEL, env: { A: secret }, cwd: { a: SENTINEL } },
          b: { url: `${SENTINEL}://${SENTINEL}`, headers: { A: `${SENTINEL}\n` } },
          c: { url: 'http://a', headers: { A: secret } },
          d: { command: 'a', env: SENTINEL },
          f: SENTINEL,
        },
      }),
    );
    expect(error.problems.length).toBeGreaterThan(7);
    expect(JSON.stringify([error.message, error.problems, error.cause])).not.toContain(SENTINEL);
  });

  test.each([
    [{ command: 'a', env: { [`TOKEN=${SENTINEL}`]: '' } }, 'env["TOKEN…"]'],
    [{ command: 'a', env: { [`TOKEN=${SENTINEL}`]: {} } }, 'env["TOKEN…"]'],
    [{ url: 'http://a', headers: { [`Authorization: ${SENTINEL}`]: '' } }, 'headers["Authorization…"]'],
    [{ url: 'http://a', headers: { [`Bearer ${SENTINEL}`]: 'x' } }, 'headers["Bearer…"]'],
    [{ command: 'a', healthCheck: { [`probe\n${SENTINEL}`]: 1 } }, 'healthCheck["probe…"]'],
  ])('row 63: of a key with a value in it the name is told: %j', (server, path) => {
    const error = refusal(() => load({ mcpServers: { 'my server: a=b': server } }));
    expect(error.problems).toMatchObject([{ path: `mcpServers["my server: a=b"].${path}` }]);
    expect(error.message).not.toContain(SENTINEL);
  });

  test('row 63: the same goes for warnings', () => {
    const text = `{"mcpServers": {"it": {"command": "a", "--t=${SENTINEL}": 1, "env": {"T=${SENTINEL}": "", "T=${SENTINEL}": ""}}}}`;
    expect(refusal(() => load(text)).message).not.toContain(SENTINEL);
    const { warnings } = loadServer({ command: 'a', [`--t=${SENTINEL}`]: 1 });
    expect(warnings).toMatchObject([{ path: 'mcpServers.it["--t…"]' }]);
  });

  test('row 63: is told of a server without values that can be secrets', () => {
    const { servers } = load(
      {
        mcpServers: {
          a: { command: 'a', args: [`${SENTINEL}\${MISSING}`], env: { A: `${SENTINEL}\${MISSING}` } },
          b: { url: '${URL}', headers: { A: '${HEADER}', B: `${SENTINEL}\${input:x}` } },
        },
      },
      { URL: `${SENTINEL}://a`, HEADER: `${SENTINEL}\n${SENTINEL}` },
    );
    const errors = [...servers.values()].map(({ error }) => error);
    expect(errors.flatMap((error) => error?.problems ?? [])).toHaveLength(5);
    const told = errors.map((error) => [error?.message, error?.problems, error?.cause]);
    expect(JSON.stringify(told)).not.toContain(SENTINEL);
  });

  const many = (count: number, item: (index: number) => string) =>
    Array.from({ length: count }, (_, index) => item(index)).join(',\n');

  test('row 60: is told a hundred times, and then counted: a file may be made of mistakes', () => {
    const text = `{"mcpServers": {"it": {"command": "a", "args": [${many(150_000, () => '1')}]}}}`;
    const { problems } = refusal(() => load(text));
    expect(problems).toHaveLength(101);
    expect(problems[99]).toMatchObject({ path: 'mcpServers.it.args[99]', line: 100 });
    expect(problems[100]).toEqual({ path: '', line: null, message: 'and 149900 more' });
  });

  test.each([
    ['unknown fields', `"command": "a", ${many(60_000, (index) => `"z${index}":1`)}`],
    ['duplicates', `"command": "a", "env": {${many(60_001, () => '"a":""')}}`],
    ['references to nothing', `"command": "a", "args": [${many(60_000, () => '"${?}"')}]`],
  ])('row 60: of %s there are as many warnings', (_, fields) => {
    const { warnings } = load(`{"mcpServers": {"it": {${fields}}}}`);
    expect(warnings).toHaveLength(101);
    expect(warnings[100]?.message).toBe('and 59900 more');
  });

  test('row 60: what the environment lacks is told as often', () => {
    const text = `{"mcpServers": {"it": {"command": "a", "args": [${many(60_000, () => '"${A}"')}]}}}`;
    expect(load(text).servers.get('it')?.error?.problems).toHaveLength(101);
  });

  test('row 61: is told on one line without control characters', () => {
    const error = refusal(() =>
      load({
        mcpServers: { it: { command: 'a', env: { 'A\n\x1b[31m': 5, '\u202e': true } }, '\x1b]0;': {} },
      }),
    );
    const told = [error.message, ...error.problems.flatMap(({ path, message }) => [path, message])];
    expect(told.join('')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect(told.length).toBe(5);
  });
});

describe('what the environment lacks for one server', () => {
  test('is that server’s error, and the others can be used', () => {
    const { servers } = load(
      '{"mcpServers": {\n"good": {"command": "${GOOD}"},\n"bad": {"command": "a", "env": {"TOKEN": "${TOKEN}"}}}}',
      { GOOD: 'good' },
    );
    expect(servers.get('good')).toMatchObject({ error: null, server: { command: 'good' } });
    const error = servers.get('bad')?.error;
    expect(error).toMatchObject({ code: 'CONFIG_INVALID', file: FILE });
    expect(error?.message).toBe(
      `${FILE}:3: mcpServers.bad.env.TOKEN: found no variable TOKEN in the environment, expected one, or a default: \${TOKEN:-…}`,
    );
  });

  test.each([
    ['a value that is no address', { url: '${X}' }, 'url'],
    ['a value that no header can have', { url: 'http://a', headers: { A: '${X}' } }, 'headers.A'],
    ['no program', { command: '${NOTHING}' }, 'command'],
    ['a NUL character in an argument', { command: 'a', args: ['${NUL}'] }, 'args[0]'],
    ['a NUL character in a variable', { command: 'a', env: { A: '${NUL}' } }, 'env.A'],
    ['a NUL character in a header', { url: 'http://a', headers: { A: '${NUL}' } }, 'headers.A'],
    ['a file of variables', { command: 'a', envFile: '${workspaceFolder}/.env' }, 'envFile'],
    ['an input that nobody can be asked for', { command: 'a', env: { A: '${input:key}' } }, 'env.A'],
  ])('may be %s', (_, server, path) => {
    const { servers } = load(
      { mcpServers: { it: server, other: { command: 'a' } } },
      { NUL: 'a\0', X: 'x\ny', NOTHING: '' },
    );
    expect(servers.get('other')?.error).toBeNull();
    expect(servers.get('it')?.error?.problems).toMatchObject([{ path: `mcpServers.it.${path}` }]);
  });

  test('is nobody’s where the server is not to be used', () => {
    const { servers } = load({ mcpServers: { it: { command: '${MISSING}', envFile: 'a', disabled: true } } });
    expect(servers.get('it')?.error).toBeNull();
  });

  test('is the file’s where it stands there as it is', () => {
    expect(() => load({ mcpServers: { it: { url: 'ws://a' }, other: { command: 'a' } } })).toThrow('it.url');
  });
});

describe('a server', () => {
  test('row 63: holds what was declared once, in what is connected to', () => {
    const { config } = loadServer({ command: 'a', env: { A: SENTINEL }, disabledTools: ['b'] });
    expect(JSON.stringify({ ...config, server: null })).not.toContain(SENTINEL);
    expect(Object.keys(config).sort()).toEqual([
      'allowedTools',
      'disabled',
      'disabledTools',
      'error',
      'name',
      'policies',
      'secrets',
      'server',
    ]);
  });

  test('row 23: can be called what every object has', () => {
    const { servers } = load(
      '{"mcpServers": {"__proto__": {"command": "a"}, "constructor": {"command": "b"}, "toString": {"command": "c"}}}',
    );
    expect([...servers.keys()]).toEqual(['__proto__', 'constructor', 'toString']);
    expect(servers.get('__proto__')?.server).toMatchObject({ command: 'a' });
    expect(load({ mcpServers: {} }).servers.get('constructor')).toBeUndefined();
  });

  test('row 23: can have variables and headers called so', () => {
    const { servers } = load(
      '{"mcpServers": {"a": {"command": "a", "env": {"__proto__": "x", "constructor": "y"}}, "b": {"url": "http://a", "headers": {"__proto__": "x"}}}}',
    );
    const [a, b] = [...servers.values()].map(({ server }) => server);
    expect(JSON.stringify(a)).toContain('"env":{"__proto__":"x","constructor":"y"}');
    expect(JSON.stringify(b)).toContain('"headers":{"__proto__":"x"}');
    expect({}).not.toHaveProperty('x');
  });

  test('row 23: has no fields that it inherits', () => {
    expect(serverProblems(JSON.parse('{"__proto__": {"command": "a"}}'))).toEqual([
      'mcpServers.it: found neither "command" nor "url", expected either "command" or "url"',
    ]);
  });

  test.each(['../x', '/etc/passwd', 'a b', 'ü', '😀', '.', 'x'.repeat(64), 'a"b'])(
    'row 62: can be called %j',
    (name) => {
      expect([...load({ mcpServers: { [name]: { command: 'a' } } }).servers.keys()]).toEqual([name]);
    },
  );

  test.each([
    ['', 'an empty name'],
    ['x'.repeat(65), 'a name of 65 characters'],
    ['x'.repeat(300), 'a name of 300 characters'],
    ['a\nb', 'a name with invisible characters'],
    ['a\x1b[31m', 'a name with invisible characters'],
    ['a\u202eb', 'a name with invisible characters'],
    ['a\0', 'a name with invisible characters'],
  ])('row 62: cannot be called %j', (name, found) => {
    const [problem, ...others] = problems({ mcpServers: { [name]: { command: 'a' } } });
    expect(others).toEqual([]);
    expect(problem).toContain(
      `found ${found}, expected a server's name: 1 to 64 characters, none of them invisible`,
    );
    expect(problem?.length).toBeLessThan(250);
  });

  test.each([
    ['http', 'http'],
    ['streamable-http', 'http'],
    ['streamableHttp', 'http'],
    ['sse', 'sse'],
    [undefined, undefined],
  ])('of type %s is reached by %s', (type, expected) => {
    expect(loadServer({ type, url: 'http://a' }).config.server).toMatchObject({ type: expected });
  });

  test('with fields of another kind is told', () => {
    const { warnings } = loadServer({ command: 'a', headers: {} });
    expect(warnings.map(({ path, message }) => `${path}: ${message}`)).toEqual([
      'mcpServers.it.headers: of no use to a program, ignored',
    ]);
    expect(loadServer({ type: 'http', url: 'http://a', cwd: 'b' }).warnings).toHaveLength(1);
  });

  test('has the rules for its tools', () => {
    const { config } = loadServer({ command: 'a', allowedTools: ['read_*'], disabledTools: ['read_secret'] });
    expect(config).toMatchObject({ allowedTools: ['read_*'], disabledTools: ['read_secret'] });
    expect(loadServer({ command: 'a' }).config).toMatchObject({
      allowedTools: undefined,
      disabledTools: undefined,
    });
  });

  test('can be disabled, and then needs no variables', () => {
    const { config } = loadServer({ command: '${MISSING}', disabled: true });
    expect(config).toMatchObject({ disabled: true, server: { command: '${MISSING}' } });
    expect(
      loadServer({ url: '${MISSING}', disabled: true, headers: { A: '${MISSING}' } }).config.disabled,
    ).toBe(true);
    expect(loadServer({ command: 'a' }).config.disabled).toBe(false);
  });

  test('has numbers among its variables as text, and none that are null, as VS Code allows', () => {
    const { config } = loadServer({ command: 'a', env: { PORT: 3000, NONE: null } });
    expect(config.server).toMatchObject({ env: { PORT: '3000' } });
    expect(Object.keys(Object(Reflect.get(config.server, 'env')))).toEqual(['PORT']);
  });

  test('may have a bare number as its timeout, as hosts write it, which is told and ignored', () => {
    const { config, warnings } = loadServer({ command: 'a', timeout: 60 });
    expect(config.policies.timeout).toBeUndefined();
    expect(warnings[0]?.path).toBe('mcpServers.it.timeout');
  });

  test('is one that a manager takes as it is', async () => {
    const { config } = loadServer({
      command: 'a',
      retryPolicy: { maxAttempts: 2, backoffStrategy: { type: 'linear', delay: 5 } },
      healthCheck: false,
      timeout: { call: 5 },
      keepAlive: { interval: 5 },
    });
    const { name, server, secrets, policies } = config;
    const manager = new ConnectionManager({ name, server, secrets, ...policies });
    expect(manager.state.status).toBe('disconnected');
    await manager.terminate();
  });
});

describe('relative paths', () => {
  test('start from the folder of the file, which is also where programs run', () => {
    const folder = testFolder();
    const path = put(join(folder, '.mcp.json'));
    const cwdOf = (cwd?: string) => {
      const { servers } = load({ mcpServers: { it: { command: './a', cwd } } }, { SUB: 'sub' }, path);
      return servers.get('it')?.server;
    };
    expect(cwdOf()).toMatchObject({ command: './a', cwd: folder });
    expect(cwdOf('sub')).toMatchObject({ cwd: join(folder, 'sub') });
    expect(cwdOf('${SUB}/x')).toMatchObject({ cwd: join(folder, 'sub', 'x') });
    expect(cwdOf('..')).toMatchObject({ cwd: join(folder, '..') });
    expect(cwdOf('/tmp')).toMatchObject({ cwd: '/tmp' });
    expect(cwdOf('${workspaceFolder}/y')).toMatchObject({ cwd: join(folder, 'y') });
  });

  test('start from the project for a file of an editor', () => {
    const folder = testFolder();
    const path = put(join(folder, '.vscode', 'mcp.json'));
    const server = {
      command: 'a',
      args: ['${workspaceFolder}', '${workspaceFolderBasename}${/}${pathSeparator}'],
    };
    const { servers } = load({ servers: { it: server } }, {}, path);
    expect(servers.get('it')?.server).toMatchObject({
      cwd: folder,
      args: [folder, `${folder.split('/').at(-1)}//`],
    });
  });
});

describe('parsing alone', () => {
  test('needs no variables', () => {
    const text = JSON.stringify({ mcpServers: { it: { command: '${MISSING}', env: { A: '${ALSO}' } } } });
    const { servers } = parseConfig({ path: FILE, text });
    expect(servers.get('it')).toMatchObject({
      name: 'it',
      transport: { command: '${MISSING}', env: [['A', '${ALSO}']] },
      disabled: false,
    });
  });

  test('finds the same mistakes', () => {
    const text = '{"mcpServers": {"it": {"command": 5}}}';
    expect(refusal(() => parseConfig({ path: FILE, text })).message).toBe(
      `${FILE}:1: mcpServers.it.command: found a number, expected the name or path of a program`,
    );
  });
});
