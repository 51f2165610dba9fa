// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references as configuration files have them
/** docs/cli.md says what is printed as JSON, which commands and which exit codes there are: it is held to that. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { HELP } from '../../src/cli/commandHelp.js';
import { EVERYWHERE, OPTION_NAMES, readCommandLine } from '../../src/cli/commandLine.js';
import { COMMANDS } from '../../src/cli/commands.js';
import { EXIT } from '../../src/cli/exits.js';
import { differences, fieldsOf, type Parts, readShape } from './shapes.js';
import { buildCommand, hostileServer, type Running, User } from './support.js';

const command = buildCommand();
const root = fileURLToPath(new URL('../..', import.meta.url));
const bareClient = join(root, 'docs/examples/certify/sdk-1.mjs');
const document = readFileSync(join(root, 'docs/cli.md'), 'utf8');

/** Rows of the table behind a mark, each as its two cells. */
function tableAt(mark: string): (readonly [string, string])[] {
  const [, behind = ''] = document.split(`<!-- ${mark} -->\n`);
  const [table = ''] = behind.split('\n\n');
  return table
    .split('\n')
    .slice(2)
    .map((row) =>
      row
        .split('|')
        .slice(1, 3)
        .map((cell) => cell.trim()),
    )
    .map(([first = '', second = '']) => [first, second] as const);
}

const codeIn = (cell: string) => /`([^`]*)`/.exec(cell)?.[1] ?? '';
const parts: Parts = new Map(
  tableAt('shapes: parts').map(([name, is]) => [codeIn(name), readShape(codeIn(is))]),
);
const printed = new Map(tableAt('shapes: commands').map(([names, is]) => [names, readShape(codeIn(is))]));

/** Command lines by the row of the table that is about them. They are run in this order. */
const LINES: { readonly [row: string]: readonly (readonly string[])[] } = {
  '`trust`': [['trust', '--yes']],
  '`up`': [['up']],
  '`status`, and each second `status --watch`': [['status'], ['status', '--watch', '--timeout', '1200']],
  '`call`, `read`, `prompt`, `tools <server> <tool>`': [
    ['call', 'demo', 'add', 'a=1', 'b=2'],
    ['call', 'demo', 'fail'],
    ['read', 'demo', 'demo://greeting'],
    ['prompt', 'demo', 'greet', 'name=Ada'],
    ['tools', 'demo', 'add'],
  ],
  '`tools`': [['tools'], ['tools', 'demo']],
  '`resources`': [['resources'], ['resources', 'demo']],
  '`prompts`': [['prompts'], ['prompts', 'demo']],
  '`servers`': [['servers'], ['servers', '--no-daemon']],
  '`ping`': [['ping'], ['ping', 'demo']],
  '`restart`': [['restart', 'demo']],
  '`stats`': [['stats']],
  '`logs`, for each line': [['logs']],
  '`doctor`': [['doctor']],
  '`ui`': [['ui', '--timeout', '2000']],
  '`graph`': [['graph'], ['graph', 'pool'], ['graph', 'poolEntry'], ['graph', 'daemon', '--format', 'json']],
  '`graph --to <state>`': [['graph', '--to', 'failed']],
  '`certify`': [
    ['certify', bareClient, '--transport', 'http', '--only', 'the server restarts', '--patience', '3000'],
  ],
  '`completion`': [['completion', 'bash']],
  'an error': [
    ['call', 'nobody', 'echo'],
    ['call', 'hostile', 'throws'],
    ['call', 'hostile', 'dies'],
    ['nonsense'],
    ['call', 'demo', 'echo', '--nonsense'],
    ['call', 'demo', 'slow', 'seconds=60', '--timeout', '300'],
  ],
  '`down`': [['down'], ['down']],
  '`trust --forget`': [
    ['trust', '--forget'],
    ['trust', '--forget'],
  ],
  '`events`, for each': [],
};

/** A project with a server that works, one that does not, and one whose answers are odd. */
function prepare(): User {
  const user = new User(command);
  const demo = join(command.path, '../../src/demo/server.js');
  const servers = {
    demo: { command: process.execPath, args: [demo], env: { KEY: '${HOME}' } },
    hostile: { command: process.execPath, args: [hostileServer] },
    gone: { command: process.execPath, args: [hostileServer, '--exit'], retryPolicy: { initialAttempts: 1 } },
    far: { url: 'http://127.0.0.1:9/', headers: { A: 'b' }, disabled: true },
  };
  writeFileSync(join(user.project, '.mcp.json'), JSON.stringify({ mcpServers: servers }));
  return user;
}

describe('the shapes of JSON', () => {
  test('are those of all commands', () => {
    expect([...printed.keys()].sort()).toEqual(Object.keys(LINES).sort());
    const text = [...printed.keys()].join(' ');
    for (const name of Object.keys(COMMANDS)) expect(text).toContain(`\`${name}`);
  });

  test('are what is printed: all of it, and nothing else', async () => {
    const user = prepare();
    const seen = new Set<string>();
    const wrong: string[] = [];
    const compare = (row: string, said: string) => {
      const shape = printed.get(row) ?? readShape('null');
      for (const line of said.trimEnd().split('\n')) {
        wrong.push(...differences(JSON.parse(line), shape, parts, { path: row, owner: row, seen }));
      }
    };
    let watching: Running | undefined;
    for (const [row, lines] of Object.entries(LINES)) {
      for (const words of lines) compare(row, (await user.lifeline([...words, '--json'])).stdout);
      if (row === '`up`') watching = user.start(['events', '--json']);
    }
    compare('`events`, for each', (await watching?.ended)?.stdout ?? '');
    compare('`status`, and each second `status --watch`', (await user.lifeline(['status', '--json'])).stdout);
    expect(wrong).toEqual([]);
    const documented = [...printed, ...parts].flatMap(([owner, shape]) => fieldsOf(shape, owner));
    expect(documented.filter((field) => !seen.has(field))).toEqual([]);
  }, 60_000);

  test.each([
    ['{ a: string }', { a: 1 }, '$.a: found 1, expected string'],
    ['{ a: string }', {}, '$.a: not there'],
    ['{ a?: string }', { b: 1 }, '$.b: not documented'],
    ['[{ a: string or null }]', [{ a: 1 }], '$[0].a: found 1, expected string'],
    ['"a" or "b"', 'c', '$: found "c", expected "a"'],
    ['{ [name]: number }', { a: 'b' }, '$.a: found "b", expected number'],
    ['[any]', {}, '$: no list'],
    ['{ a: Part }', { a: { b: 1 } }, '$.a.b: found 1, expected string'],
  ])('%s is not %j', (text, value, difference) => {
    const known: Parts = new Map([['Part', readShape('{ b: string }')]]);
    expect(differences(value, readShape(text), known)).toEqual([difference]);
  });
});

describe('exit codes', () => {
  test('are those that the document has', () => {
    const documented = tableAt('exit codes').map(([code]) => Number(code));
    expect(documented).toEqual(Object.values(EXIT).sort((one, other) => one - other));
  });
});

describe('help', () => {
  test('is there for every command, with examples that can be read', async () => {
    const user = new User(command);
    expect(Object.keys(HELP).sort()).toEqual(Object.keys(COMMANDS).sort());
    for (const [name, { examples }] of Object.entries(HELP)) {
      const { code, stdout } = await user.lifeline(['help', name]);
      expect(code).toBe(0);
      expect(stdout).toMatch(new RegExp(`^Usage: lifeline ${name}`));
      expect(await user.lifeline([name, '--help'])).toMatchObject({ code: 0, stdout });
      for (const example of examples) {
        expect(stdout).toContain(example);
        expect(() =>
          readCommandLine(
            example
              .replace(/^.*?lifeline /, '')
              .split(/ [|>] /)[0]
              ?.split(' ') ?? [],
          ),
        ).not.toThrow();
      }
      expect(examples.every((example) => example.includes(`lifeline ${name}`))).toBe(true);
    }
    expect(user.daemons).toEqual([]);
  }, 60_000);

  test('and the document tell of every command and option', () => {
    const told = Object.values(HELP)
      .flatMap(({ usage, details = [] }) => [...usage, ...details.flat()])
      .join(' ');
    for (const name of Object.keys(COMMANDS)) expect(document).toContain(`\`${name}`);
    for (const option of OPTION_NAMES) {
      expect(document).toContain(`--${option}`);
      if (!EVERYWHERE.some((each) => each === option)) expect(told).toContain(`--${option}`);
    }
  });
});
