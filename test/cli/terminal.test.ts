/** The command as people see it, on a terminal; and what of that is not there when it is none. */
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { widthOf } from '../../src/cli/width.js';
import { faultyServer } from '../support/faultyServer.js';
import { buildCommand, User, written } from './support.js';

const command = buildCommand();
const program = (...args: string[]) => ({ command: process.execPath, args: [faultyServer, ...args] });
const CTRL_C = '\u0003';
const CTRL_D = '\u0004';
const RED = '\u001b[31m';
const GREEN = '\u001b[32m';
const ESCAPE = '\u001b';

const linesOf = (text: string) => text.split('\r\n').slice(0, -1);
/** Without colours, as they are seen. */
const plain = (text: string) => text.replaceAll(new RegExp(`${ESCAPE}\\[\\d+m`, 'g'), '');

describe('tables', () => {
  test('have headings and colours on a terminal, and are plain where there is none', async () => {
    const user = new User(command);
    await user.lifeline(['ping']);
    const seen = await user.onTerminal(['servers']);
    expect(seen.stdout).toContain(`${GREEN}connected`);
    const [heading = '', row = ''] = linesOf(plain(seen.stdout));
    expect(heading).toMatch(/^server {2}kind {3}status {5}health$/);
    expect(row).toMatch(/^demo {4}stdio {2}connected {2}healthy$/);
    const piped = await user.lifeline(['servers']);
    expect(piped.stdout).toBe('demo\tstdio\tconnected\thealthy\t\n');
  });

  test.each([
    ['NO_COLOR', { NO_COLOR: '1' }],
    ['a terminal that has none', { TERM: 'dumb' }],
  ])('have no colours with %s', async (_what, env) => {
    const user = new User(command);
    const { stdout } = await user.onTerminal(['servers'], { env });
    expect(stdout).toContain('kind   status');
    expect(stdout).not.toContain(ESCAPE);
  });

  test('have a line for each row, however narrow the terminal is', async () => {
    const user = new User(command);
    const { stdout } = await user.onTerminal(['tools'], { columns: 40 });
    const lines = linesOf(plain(stdout));
    expect(lines.length).toBeGreaterThan(4);
    expect(lines.filter((line) => widthOf(line) > 40)).toEqual([]);
    expect(lines.some((line) => line.endsWith('…'))).toBe(true);
    const piped = await user.lifeline(['tools']);
    expect(piped.stdout).not.toContain('…');
  });

  test('show what is wrong in red', async () => {
    const user = new User(command);
    user.configure({ gone: { command: 'no-such-program-here' } });
    const { code, stdout } = await user.onTerminal(['doctor']);
    expect(code).toBe(3);
    expect(stdout).toContain(`${RED}error`);
    expect(stdout).toContain('the command was not found');
  });

  test('are JSON on a terminal, too, when that is asked for', async () => {
    const user = new User(command);
    const { stdout } = await user.onTerminal(['servers', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ servers: [{ name: 'demo' }] });
  });
});

describe('the progress of a long call', () => {
  test('is shown on a terminal, and gone when it is over', async () => {
    const user = new User(command);
    const { stdout } = await user.onTerminal(['call', 'demo', 'slow', 'seconds=1']);
    const begin = `\r${ESCAPE}[K`;
    expect(stdout).toContain(`${begin}1/4`);
    expect(stdout).toContain(`${begin}3/4`);
    expect(stdout.endsWith(`${begin}took 1 s\r\n`)).toBe(true);
  });

  test('is the time that it takes already, where the server tells nothing', async () => {
    const user = new User(command);
    user.configure({ real: program() });
    const { child, ended, said } = user.startOnTerminal(['call', 'real', 'never']);
    await said(`\r${ESCAPE}[K… 2 s`);
    await said('… 3 s');
    child.stdin.write(CTRL_C);
    const { stdout } = await ended;
    expect(stdout).not.toContain('… 1 s');
    expect(stdout.endsWith(`\r${ESCAPE}[Klifeline: interrupted\r\n`)).toBe(true);
  });

  test('is not shown anywhere else', async () => {
    const user = new User(command);
    expect(await user.lifeline(['call', 'demo', 'slow', 'seconds=0.5'])).toEqual({
      code: 0,
      signal: null,
      stdout: 'took 0.5 s\n',
      stderr: '',
    });
  });
});

describe('the question of trust', () => {
  const asked = (user: User) => {
    writeFileSync(join(user.project, '.mcp.json'), JSON.stringify({ mcpServers: { real: program() } }));
    return user.startOnTerminal(['trust']);
  };
  const call = ['call', 'real', 'echo', 'text=hi'];

  test('shows what would be run, and is heard when it is answered with yes', async () => {
    const user = new User(command);
    const { child, ended, said } = asked(user);
    await said('Trust it? [y/N] ');
    child.stdin.write('y\r');
    const { code, stdout } = await ended;
    expect(code).toBe(0);
    expect(stdout).toContain(`runs ${process.execPath} ${faultyServer}`);
    expect(stdout).toContain('trusted, as it is now');
    expect(await user.lifeline(call)).toMatchObject({ code: 0, stdout: 'hi\n' });
    expect(await user.lifeline(['trust', '--forget'])).toMatchObject({ code: 0 });
    expect(await user.lifeline(call)).toMatchObject({ code: 1 });
  });

  test.each([
    ['no', 'n\r', 1],
    ['nothing', '\r', 1],
    ['something else', 'yess\r', 1],
    ['the end of the input', CTRL_D, 1],
    ['an interruption', CTRL_C, 130],
  ])('is not trust when it is answered with %s', async (_what, typed, exit) => {
    const user = new User(command);
    const { child, ended, said } = asked(user);
    await said('Trust it? [y/N] ');
    child.stdin.write(typed);
    const { code, stdout } = await ended;
    expect(code).toBe(exit);
    expect(stdout).not.toContain('trusted, as it is now');
    expect(stdout).not.toContain('    at ');
    expect(await user.lifeline(call)).toMatchObject({ code: 1 });
    expect(readdirSync(user.home)).not.toContain('run');
  });

  test('waits no longer than it is told', async () => {
    const user = new User(command);
    writeFileSync(join(user.project, '.mcp.json'), JSON.stringify({ mcpServers: { real: program() } }));
    const { code, stdout } = await user.startOnTerminal(['trust', '--timeout', '500ms']).ended;
    expect(code).toBe(5);
    expect(stdout).toContain('not answered within 500 ms');
    expect(await user.lifeline(call)).toMatchObject({ code: 1 });
  });

  test('is not asked where nobody is', async () => {
    const user = new User(command);
    writeFileSync(join(user.project, '.mcp.json'), JSON.stringify({ mcpServers: { real: program() } }));
    const { code, stderr } = await user.lifeline(['trust'], { input: 'y\n' });
    expect(code).toBe(1);
    expect(stderr).toContain('nobody is here to ask');
    expect(await user.lifeline(call)).toMatchObject({ code: 1 });
  });
});

describe('Ctrl-C', () => {
  test('cancels the call', async () => {
    const user = new User(command);
    const ledger = join(user.home, 'ledger');
    user.configure({ real: program('--ledger', ledger) });
    const { child, ended } = user.startOnTerminal(['call', 'real', 'late', 'text=x']);
    await written(ledger, 'late');
    child.stdin.write(CTRL_C);
    const { code, stdout } = await ended;
    expect(code).toBe(130);
    expect(stdout).toContain('lifeline: interrupted');
    await written(ledger, 'cancelled');
  });
});

describe('status --watch', () => {
  test('begins the screen anew each time, goes on without a daemon, and ends quietly', async () => {
    const user = new User(command);
    await user.lifeline(['up']);
    const { child, ended, said } = user.startOnTerminal(['status', '--watch']);
    await said(`${ESCAPE}[2J${ESCAPE}[H`);
    await said('requests in work');
    await user.lifeline(['down']);
    await said('no daemon is running');
    child.stdin.write(CTRL_C);
    const { code, stdout } = await ended;
    expect(code).toBe(130);
    expect(stdout).not.toContain('interrupted');
    expect(user.daemons).toEqual([]);
  });
});
