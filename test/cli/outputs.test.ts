// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of the shell
/** What becomes of the outputs: readers that leave, disks that are full, much at once. And that nobody sees a stack. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { faultyServer } from '../support/faultyServer.js';
import { buildCommand, User } from './support.js';

const command = buildCommand();

interface ShellResult {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** A line for a shell, in which `lifeline` is the command. */
async function inShell(user: User, line: string, cwd = user.project): Promise<ShellResult> {
  const words = `lifeline() { '${process.execPath}' '${command.path}' "$@"; }; ${line}`;
  const child = spawn('bash', ['--norc', '-c', words], {
    cwd,
    env: user.env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk;
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk;
  });
  const [code] = await once(child, 'close');
  return { code, stdout, stderr };
}

describe('a reader that has seen enough', () => {
  test('is no error', async () => {
    const user = new User(command);
    const line = 'lifeline tools demo | head -1; echo "${PIPESTATUS[0]}"';
    expect(await inShell(user, line)).toEqual({
      code: 0,
      stdout: 'demo\techo\tSays what it is told.\n0\n',
      stderr: '',
    });
  });

  test('is no error in the midst of much', async () => {
    const user = new User(command);
    writeFileSync(join(user.project, 'much.json'), JSON.stringify({ text: 'x\n'.repeat(1_000_000) }));
    const line = 'lifeline call demo echo - < much.json | head -1; echo "${PIPESTATUS[0]}"';
    expect(await inShell(user, line)).toEqual({ code: 0, stdout: 'x\n0\n', stderr: '' });
  });

  test('ends a command that would go on', async () => {
    const user = new User(command);
    const { child, ended, said } = user.start(['status', '--watch', '--json']);
    await said('{"running":false}');
    child.stdout.destroy();
    child.stderr.destroy();
    expect(await ended).toMatchObject({ code: 0, signal: null });
  });

  test('of errors is no matter, and the exit code is right', async () => {
    const user = new User(command);
    const { code } = await inShell(user, 'lifeline nonsense 2> >(exec true)');
    expect(code).toBe(1);
  });
});

describe('an output that is not there', () => {
  test.each([
    ['the standard output', '>&-', 0],
    ['the standard error', '2>&-', 0],
    ['any', '<&- >&- 2>&-', 0],
  ])('does not keep the command from its work: %s', async (_what, redirected, exit) => {
    const user = new User(command);
    expect(await inShell(user, `lifeline call demo echo text=hi ${redirected}`)).toMatchObject({
      code: exit,
    });
  });

  test('for lack of room is an error', async () => {
    const user = new User(command);
    const { code, stderr } = await inShell(user, 'lifeline tools demo > /dev/full');
    expect(code).toBe(3);
    expect(stderr).toMatch(/^lifeline: ENOSPC[^\n]*\n/);
    expect(stderr).not.toContain('    at ');
  });
});

describe('much at once', () => {
  const text = `${'0123456789abcdef'.repeat(64 * 5 * 1024 - 1)}the very end`;

  test.each([[[]], [['--json']], [['--no-daemon']]])('gets through a pipe whole, %j', async (options) => {
    const user = new User(command);
    const { code, stdout } = await user.lifeline(['call', 'demo', 'echo', '-', ...options], {
      input: JSON.stringify({ text }),
    });
    expect(code).toBe(0);
    const said: unknown = options.includes('--json') ? JSON.parse(stdout).content[0].text : stdout.trimEnd();
    expect(said === text).toBe(true);
  });

  test('gets through to a reader that is slow to begin', async () => {
    const user = new User(command);
    writeFileSync(join(user.project, 'much.json'), JSON.stringify({ text }));
    const { stdout } = await inShell(
      user,
      'lifeline call demo echo - < much.json | { lifeline servers >/dev/null; wc -c; }; echo "${PIPESTATUS[0]}"',
    );
    expect(stdout.trim().split(/\s+/)).toEqual([String(text.length + 1), '0']);
  });

  test('that is an error gets through, too', async () => {
    const user = new User(command);
    user.configure({ real: { command: process.execPath, args: [faultyServer] } });
    const lines = [
      `{"jsonrpc":"2.0","id":ID,"result":{"isError":true,"content":[{"type":"text","text":"${text}"}]}}`,
    ];
    const { code, stdout, stderr } = await user.lifeline(['call', 'real', 'answerRaw', '-'], {
      input: JSON.stringify({ lines }),
    });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr.trimEnd() === text).toBe(true);
  });
});

describe('whatever is wrong', () => {
  test('nobody sees a stack', async () => {
    const user = new User(command);
    const gone = join(user.home, 'gone');
    const file = join(user.home, 'file');
    writeFileSync(file, '');
    writeFileSync(join(user.home, 'binary.json'), Buffer.from([0xff, 0xfe, 0x00, 0x80]));
    closeSync(openSync(join(user.home, 'empty.json'), 'w'));
    const lines: readonly (readonly [line: string, exit: number, said: string])[] = [
      ['lifeline call demo echo text=hi --config .', 1, 'found a folder'],
      ['lifeline servers --config ../binary.json', 1, 'not UTF-8'],
      ['lifeline servers --config ../empty.json', 1, 'the end of the file'],
      ['MCP_LIFELINE_RUNTIME_DIR=relative lifeline servers', 1, 'expected an absolute path'],
      [`MCP_LIFELINE_RUNTIME_DIR=${file} lifeline servers`, 3, 'expected a directory'],
      [`MCP_LIFELINE_RUNTIME_DIR=${file}/in/it lifeline servers`, 3, 'lifeline: '],
      ['MCP_LIFELINE_IDLE_TIMEOUT=soon lifeline servers', 1, 'MCP_LIFELINE_IDLE_TIMEOUT'],
      ['lifeline servers --timeout soon', 1, 'expected milliseconds'],
      [
        'lifeline call demo echo "{"',
        1,
        "line 1, column 2: found the end, expected a key in double quotes or '}'",
      ],
      ['echo "[1" | lifeline call demo echo -', 1, 'the standard input: no JSON: line 2'],
      ['lifeline call demo echo - < /', 1, 'lifeline: '],
      ['lifeline graph nonsense', 1, 'there are connection, pool, poolEntry, daemon'],
      ['lifeline graph conection', 1, 'did you mean connection?'],
      ['lifeline graph pool --format nonsense', 1, 'expected mermaid, table, svg, json'],
      ['lifeline down --yes', 1, 'down has no option --yes; it has --force, --config'],
      ['lifeline help cal', 1, 'did you mean call?'],
      ['lifeline xyzzy', 1, '`lifeline help` lists them'],
      ['lifeline prompt demo gret', 2, 'demo has no prompt "gret"; did you mean greet?'],
      ['lifeline prompt demo greet name', 1, 'expected key=value'],
      ['lifeline read demo demo://greting', 2, 'did you mean demo://greeting?'],
      ['lifeline restart dem', 1, 'did you mean demo?'],
      ['lifeline restart', 1, 'restart needs a server'],
      ['lifeline tools nonsense', 1, 'you have no configuration yet'],
      ['lifeline trust', 1, 'no configuration here'],
      ['lifeline trust nowhere.json', 1, 'nothing there'],
      ['lifeline call demo/', 2, 'demo has no tool ""'],
      ['lifeline call /echo', 1, 'call needs a tool'],
      ['lifeline call demo', 1, '`lifeline tools demo` lists them'],
      ['lifeline call demo echo --text=hi', 1, 'arguments are written without dashes: text=…'],
      ['lifeline call demo.echo text=hi', 1, 'did you mean demo/echo?'],
      [`mkdir ${gone} && cd ${gone} && rmdir ${gone} && lifeline servers`, 1, 'is not there any more'],
    ];
    for (const [line, exit, said] of lines) {
      const { code, stdout, stderr } = await inShell(user, line);
      expect({ line, code, stdout }).toEqual({ line, code: exit, stdout: '' });
      expect(stderr, line).toContain(said);
      expect(stderr, line).toMatch(/^(?:[^\n]*\n){1,2}$/);
      expect(stderr, line).not.toMatch(/\n\s+at |node:internal|file:\/\//);
    }
  }, 120_000);

  test('an old Node is told to be that', async () => {
    const user = new User(command);
    const old = join(user.home, 'old.cjs');
    const pretend = (version: string) =>
      writeFileSync(old, `Object.defineProperty(process, 'versions', { value: { node: '${version}' } });`);
    const line = `'${process.execPath}' --require ${old} '${command.path}' --version`;
    for (const version of ['18.20.8', '20.3.1']) {
      pretend(version);
      expect(await inShell(user, line)).toEqual({
        code: 1,
        stdout: '',
        stderr: `lifeline: found Node ${version}, expected 20.4 or newer\n`,
      });
    }
    pretend('20.4.0');
    expect(await inShell(user, line)).toMatchObject({ code: 0, stderr: '' });
  });

  test('also in the command itself', async () => {
    const user = new User(command);
    // A build that is not whole.
    const folder = join(user.home, 'cli');
    mkdirSync(folder);
    const { code, stdout, stderr } = await inShell(
      user,
      `cp '${command.path}' ${folder}/l.cjs; '${process.execPath}' ${folder}/l.cjs nonsense`,
    );
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(stderr).toMatch(/^lifeline: Cannot find module[^\n]*\n$/);
  });
});
