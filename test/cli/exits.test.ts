/** Exit codes that need a server of a certain kind; the others are where the rest of their matter is tried. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, onTestFinished, test } from 'vitest';
import { faultyServer } from '../support/faultyServer.js';
import { buildCommand, User } from './support.js';

const command = buildCommand();
const program = (...args: string[]) => ({ command: process.execPath, args: [faultyServer, ...args] });

/** The URL of a server that answers every request like this. */
async function serverThat(fault: object): Promise<string> {
  const args = ['--http', '--end-with-input', '--fault', JSON.stringify({ on: '*', ...fault })];
  const child = spawn(process.execPath, [faultyServer, ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  onTestFinished(async () => {
    const ended = once(child, 'close');
    child.stdin.end();
    await ended;
  });
  const [line] = await once(child.stdout.setEncoding('utf8'), 'data');
  return String(line).trim();
}

describe('authorization (4)', () => {
  test('is what a server wants that answers with 401', async () => {
    const user = new User(command);
    const url = await serverThat({ status: 401, headers: { 'www-authenticate': 'Bearer realm="x"' } });
    const path = user.configure({ far: { url } });
    for (const words of [
      ['call', 'far', 'x'],
      ['tools', 'far'],
      ['tools'],
      ['ping'],
      ['ping', 'far'],
      ['doctor'],
    ]) {
      expect({ words, code: (await user.lifeline(words)).code }).toEqual({ words, code: 4 });
    }
    const { stderr } = await user.lifeline(['call', 'far', 'x']);
    expect(stderr).toBe(
      `lifeline: far: the server asks for an authorization; ${path} can give it a token in "headers"\n`,
    );
    const { code, stdout } = await user.lifeline(['call', 'far', 'x', '--json', '--no-daemon']);
    expect(code).toBe(4);
    expect(JSON.parse(stdout)).toMatchObject({
      error: { code: 'AUTHORIZATION_REQUIRED', server: 'far', exitCode: 4 },
    });
  });
});

describe('a timeout (5)', () => {
  test.each([
    ['the server', ['call', 'real', 'never']],
    ['the server, without a daemon', ['call', 'real', 'never', '--no-daemon']],
    ['one that never answers the handshake', ['call', 'silent', 'echo']],
    ['a list', ['tools', 'silent']],
    ['a ping', ['ping', 'silent']],
  ])('is what one gets of %s', async (_what, words) => {
    const user = new User(command);
    user.configure({ real: program(), silent: program('--silent') });
    await user.lifeline(['up']);
    const { code, stdout, stderr } = await user.lifeline([...words, '--timeout', '700']);
    expect({ code, stdout }).toEqual({ code: 5, stdout: '' });
    expect(stderr).toMatch(/^lifeline: [^\n]*within \d+ ms[^\n]*\n$/);
  });
});

describe('no connection (3)', () => {
  test.each([
    [
      'a port on which nobody listens',
      { url: 'http://127.0.0.1:1/mcp' },
      'the connection to http://127.0.0.1:1/mcp',
    ],
    ['a command that is not there', { command: 'no-such-program-here' }, 'the command was not found'],
    ['a folder that is not there', { ...program(), cwd: '/nowhere/at/all' }, '/nowhere/at/all'],
    ['one that ends at once', program('--stderr', 'no key', '--exit', '7'), 'it said "no key"'],
  ])('is told of %s, and why', async (_what, server, why) => {
    const user = new User(command);
    user.configure({ it: { ...server, retryPolicy: { initialAttempts: 1 } } });
    const { code, stdout, stderr } = await user.lifeline(['call', 'it', 'echo']);
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(stderr).toContain(why);
    expect(stderr).toMatch(/^lifeline: it: (?!it: )[^\n]*\n$/);
    const servers = await user.lifeline(['servers']);
    expect(servers.stdout).toContain(why);
    const { stdout: logs } = await user.lifeline(['logs']);
    expect(logs).toContain(why);
  });

  test('is told of one that ends in a call, with its last words', async () => {
    const user = new User(command);
    user.configure({ real: program() });
    const { code, stderr } = await user.lifeline(['call', 'real', 'exit', 'code=3', 'stderr=out of cheese']);
    expect(code).toBe(3);
    expect(stderr).toContain('the server process exited with code 3; it said "out of cheese"');
  });
});

describe('of several servers', () => {
  test('the first that fails counts, and the others are shown', async () => {
    const user = new User(command);
    const gone = { ...program('--exit', '7'), retryPolicy: { initialAttempts: 1 } };
    user.configure({ real: program(), gone, off: { ...program(), disabled: true } });
    const { code, stdout, stderr } = await user.lifeline(['tools']);
    expect(code).toBe(3);
    expect(stdout).toContain('real\techo\tSays `text`.\n');
    expect(stderr).toMatch(/^lifeline: gone: the server process exited with code 7[^\n]*\n$/);
  });

  test('those that have no resources or prompts are no failure', async () => {
    const user = new User(command);
    user.configure({ real: program() });
    expect(await user.lifeline(['resources'])).toMatchObject({
      code: 0,
      stdout: '',
      stderr: 'lifeline: no server has any resources\n',
    });
    expect(await user.lifeline(['prompts', 'real'])).toMatchObject({
      code: 0,
      stdout: '',
      stderr: 'lifeline: real has no prompts\n',
    });
  });

  test('there may be none', async () => {
    const user = new User(command);
    const path = user.configure({});
    const { code, stderr } = await user.lifeline(['tools']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: `lifeline: ${path}: no servers are configured\n` });
    expect((await user.lifeline(['tools', '--json'])).stdout).toBe('[]\n');
  });
});

describe('arguments', () => {
  test('are of the type that the tool wants', async () => {
    const user = new User(command);
    for (const text of ['7', 'true', 'null', '{"a":1}', '[1]']) {
      expect(await user.lifeline(['call', 'demo', 'echo', `text=${text}`])).toMatchObject({
        code: 0,
        stdout: `${text}\n`,
      });
    }
    expect(await user.lifeline(['call', 'demo', 'add', 'a=1', 'b=2'])).toMatchObject({
      code: 0,
      stdout: '3\n',
    });
    expect(await user.lifeline(['call', 'demo', 'echo', 'text:=7'])).toMatchObject({ code: 2 });
  });
});
