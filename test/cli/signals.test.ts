/** Interruptions, and commands that last until they are interrupted. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  closeSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { faultyServer } from '../support/faultyServer.js';
import { buildCommand, User, written } from './support.js';

const command = buildCommand();
const program = (...args: string[]) => ({ command: process.execPath, args: [faultyServer, ...args] });

/** A user whose server writes down what it is asked. */
function withLedger(...args: string[]): { user: User; ledger: string } {
  const user = new User(command);
  const ledger = join(user.home, 'ledger');
  user.configure({ real: program('--ledger', ledger, ...args) });
  return { user, ledger };
}

describe('an interruption', () => {
  test.each([
    ['SIGINT', 130, []],
    ['SIGTERM', 143, []],
    ['SIGINT', 130, ['--no-daemon']],
  ] as const)('by %s cancels the call and is exit code %d %j', async (signal, exit, options) => {
    const { user, ledger } = withLedger();
    const calling = user.start(['call', 'real', 'late', 'text=x', ...options]);
    await written(ledger, 'late');
    calling.child.kill(signal);
    expect(await calling.ended).toEqual({
      code: exit,
      signal: null,
      stdout: '',
      stderr: 'lifeline: interrupted\n',
    });
    await written(ledger, 'cancelled');
  });

  test('is told as JSON where that is asked for', async () => {
    const { user, ledger } = withLedger();
    const calling = user.start(['call', 'real', 'late', 'text=x', '--json']);
    await written(ledger, 'late');
    calling.child.kill('SIGINT');
    const { code, stdout, stderr } = await calling.ended;
    expect({ code, stderr }).toEqual({ code: 130, stderr: '' });
    expect(JSON.parse(stdout)).toEqual({
      error: { code: 'INTERRUPTED', message: 'interrupted', exitCode: 130 },
    });
  });

  test('that comes a second time does not wait for a server that will not end', async () => {
    const { user, ledger } = withLedger('--ignore-end', '--ignore-term');
    const calling = user.start(['call', 'real', 'late', 'text=x', '--no-daemon']);
    await written(ledger, 'late');
    calling.child.kill('SIGINT');
    await written(ledger, 'end');
    calling.child.kill('SIGINT');
    expect(await calling.ended).toMatchObject({ code: 130, signal: null });
    // Had it waited, this would have been next.
    expect(readFileSync(ledger, 'utf8')).not.toContain('SIGTERM');
  });

  test('is heard while the arguments are read', async () => {
    const user = new User(command);
    const { child, ended } = user.start(['call', 'demo', 'echo', '-'], { keepsInput: true });
    // More than a pipe holds: when it is written, somebody reads.
    await new Promise((resolve) => child.stdin.write(' '.repeat(1_000_000), resolve));
    child.kill('SIGINT');
    expect(await ended).toMatchObject({ code: 130, stdout: '', stderr: 'lifeline: interrupted\n' });
  });
});

/** A command whose input is this file, which behaves otherwise than a pipe. */
function startFrom(user: User, file: number, ...args: string[]) {
  const child = spawn(process.execPath, [command.path, ...args], {
    env: user.env,
    cwd: user.project,
    stdio: [file, 'ignore', 'pipe'],
  });
  closeSync(file);
  onTestFinished(() => void child.kill('SIGKILL'));
  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  return { child, ended: once(child, 'close').then(([code]) => ({ code, stderr })) };
}

test('an interruption after the arguments were read from a file is one like any other', async () => {
  const { user, ledger } = withLedger();
  const path = join(user.home, 'input');
  writeFileSync(path, '{"text":"x"}');
  const calling = startFrom(user, openSync(path, 'r'), 'call', 'real', 'late', '-');
  await written(ledger, 'late');
  calling.child.kill('SIGINT');
  expect(await calling.ended).toEqual({ code: 130, stderr: 'lifeline: interrupted\n' });
  await written(ledger, 'cancelled');
});

describe('the time of a command', () => {
  test('is also that of its input', async () => {
    const user = new User(command);
    const calling = user.start(['call', 'demo', 'echo', '-', '-t', '500ms'], { keepsInput: true });
    expect(await calling.ended).toMatchObject({
      code: 5,
      stderr: 'lifeline: the standard input: no end within 500 ms\n',
    });
    expect(user.daemons).toEqual([]);
  });
});

test('an input that cannot be read is the command line’s matter', async () => {
  const user = new User(command);
  const file = openSync(join(user.home, 'input'), 'w');
  const { code, stderr } = await startFrom(user, file, 'call', 'demo', 'echo', '-').ended;
  expect(code).toBe(1);
  expect(stderr).toContain('the standard input cannot be read: EBADF');
});

describe('down', () => {
  test('of a daemon that lets its calls finish waits for it, and with --force ends it', async () => {
    const { user, ledger } = withLedger();
    const calling = user.start(['call', 'real', 'never']);
    await written(ledger, 'never');
    const first = user.start(['down', '--json']);
    await user.logged('daemon: draining');
    const [pid] = user.daemons;
    const leaving = `process ${pid} is leaving, or starting\n`;
    expect(await user.lifeline(['status'])).toMatchObject({ stdout: leaving });
    expect(await user.lifeline(['stats'])).toMatchObject({ stdout: leaving });
    expect((await user.lifeline(['status', '--json'])).stdout).toBe(`{"running":false,"pid":${pid}}\n`);
    const second = user.start(['down']);
    await second.said(leaving);
    const third = await user.lifeline(['down', '--force']);
    expect(third).toMatchObject({ code: 0, stderr: `${leaving}the daemon is gone\n` });
    expect(user.daemons).toEqual([]);
    expect(await second.ended).toMatchObject({ code: 0, stderr: `${leaving}the daemon is gone\n` });
    expect(await first.ended).toMatchObject({ code: 0, stdout: '{"wasRunning":true}\n' });
    expect(await calling.ended).toMatchObject({ code: 3 });
  });

  test('row 48: of a frozen daemon tells its process, and with --force ends it', async () => {
    const { user } = withLedger();
    await user.lifeline(['up']);
    const [pid = 0] = user.daemons;
    process.kill(pid, 'SIGSTOP');
    const asked = await user.lifeline(['down']);
    expect(asked).toMatchObject({ code: 3 });
    expect(asked.stderr).toContain(`; it is process ${pid}, which \`lifeline down --force\` ends`);
    expect(user.daemons).toEqual([pid]);
    expect(await user.lifeline(['down', '--force'])).toMatchObject({
      code: 0,
      stderr: 'the daemon is gone\n',
    });
    expect(user.daemons).toEqual([]);
  });

  test('with --force does not wait for a call in flight', async () => {
    const { user, ledger } = withLedger();
    const calling = user.start(['call', 'real', 'never']);
    await written(ledger, 'never');
    expect(await user.lifeline(['down', '--force'])).toMatchObject({
      code: 0,
      stderr: 'the daemon is gone\n',
    });
    expect(user.daemons).toEqual([]);
    const { code, stdout, stderr } = await calling.ended;
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(stderr).toContain('the daemon was ended with the request in work');
    expect(readFileSync(ledger, 'utf8').match(/never/g)).toHaveLength(1);
  });
});

describe('status --watch', () => {
  test('tells what is, again and again, until it is interrupted', async () => {
    const user = new User(command);
    const watching = user.start(['status', '--watch', '--json']);
    await watching.said('{"running":false}\n{"running":false}\n');
    await user.lifeline(['up']);
    await watching.said('{"running":true,');
    await user.lifeline(['down']);
    await watching.said('}\n{"running":false}\n');
    watching.child.kill('SIGINT');
    const { code, stdout, stderr } = await watching.ended;
    expect({ code, stderr }).toEqual({ code: 130, stderr: '' });
    const lines = stdout.trimEnd().split('\n');
    expect(new Set(lines.map((line) => JSON.parse(line).running))).toEqual(new Set([true, false]));
    expect(user.daemons).toEqual([]);
  });
});

describe('logs --follow', () => {
  test('tells what is written down, across a new file, until it is interrupted', async () => {
    const user = new User(command);
    await user.lifeline(['up']);
    const following = user.start(['logs', '-f']);
    await following.said('daemon: ');
    await user.lifeline(['ping']);
    await following.said('demo: connected');
    const [log = ''] = readdirSync(user.runtime).filter((name) => name.endsWith('.log'));
    const path = join(user.runtime, log);
    appendFileSync(path, 'the last line before\n');
    renameSync(path, `${path}.old`);
    appendFileSync(path, 'the first line of the new file\n', { mode: 0o600 });
    await following.said('the last line before\nthe first line of the new file\n');
    following.child.kill('SIGTERM');
    const { code, stderr } = await following.ended;
    expect({ code, stderr }).toEqual({ code: 143, stderr: '' });
  });

  test('without a log waits for one', async () => {
    const user = new User(command);
    const following = user.start(['logs', '--follow', '--json']);
    const notYet = user.start(['logs', '--follow']);
    await notYet.said('there is no log yet');
    await user.lifeline(['up']);
    await following.said('"line":"');
    following.child.kill('SIGINT');
    notYet.child.kill('SIGINT');
    const { stdout } = await following.ended;
    for (const line of stdout.trimEnd().split('\n')) expect(typeof JSON.parse(line).line).toBe('string');
    expect(await notYet.ended).toMatchObject({ code: 130 });
  });
});

describe('events', () => {
  test('tells what happens until it is interrupted', async () => {
    const user = new User(command);
    const watching = user.start(['events']);
    // Nobody is told when it begins to watch.
    let isTold = false;
    const told = watching.said('tools/call').then(() => {
      isTold = true;
    });
    while (!isTold) await user.lifeline(['call', 'demo', 'echo', 'text=hi']);
    await told;
    watching.child.kill('SIGINT');
    const { code, stdout, stderr } = await watching.ended;
    expect({ code, stderr }).toEqual({ code: 130, stderr: '' });
    expect(stdout).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z\tdemo\t(state|health|call|notification)\t/);
  });

  test.each([[['events']], [['status', '--watch']], [['logs', '--follow']]])(
    '%j lasts as long as it is told, and that is no error',
    async (words) => {
      const user = new User(command);
      await user.lifeline(['up']);
      expect(await user.lifeline([...words, '--timeout', '500'])).toMatchObject({ code: 0, stderr: '' });
    },
  );
});
