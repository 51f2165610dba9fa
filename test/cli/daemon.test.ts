// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references as configuration files have them
/** Daemons that commands start, and what becomes of both when the other one is in trouble. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { identify } from '../../src/ipc/processIdentity.js';
import { buildCommand, faultyServer, User, written } from './support.js';

const command = buildCommand();
const program = (...args: string[]) => ({ command: process.execPath, args: [faultyServer, ...args] });
const echo = ['call', 'real', 'echo', 'text=hi'];
const pid = ['call', 'real', 'pid'];
const served = { code: 0, stdout: 'hi\n', stderr: '' };

/** One that is dead and not waited for does not live. */
const isAlive = (process: number) => identify(process) !== null;

/** A user with a server of their own, and the process ids of its daemon and of the server. */
async function withServer(): Promise<{ user: User; daemon: number; server: number }> {
  const user = new User(command);
  user.configure({ real: program() });
  const server = Number((await user.lifeline(pid)).stdout);
  const [daemon = 0] = user.daemons;
  expect(isAlive(daemon)).toBe(true);
  expect(isAlive(server)).toBe(true);
  return { user, daemon, server };
}

test('commands share the daemon and its servers', async () => {
  const { user, daemon, server } = await withServer();
  expect(await user.lifeline(pid)).toMatchObject({ stdout: `${server}\n` });
  expect(user.daemons).toEqual([daemon]);
});

test('other values of variables are another daemon; others than it refers to are not', async () => {
  const user = new User(command);
  user.configure({ real: { ...program(), env: { KEY: '${KEY}' } } });
  const call = (env: { [name: string]: string }) => user.lifeline(['call', 'real', 'pid'], { env });
  const [one, same, other] = [
    await call({ KEY: '1' }),
    await call({ KEY: '1', X: '1' }),
    await call({ KEY: '2' }),
  ];
  expect(one.code).toBe(0);
  expect(same.stdout).toBe(one.stdout);
  expect(other.stdout).not.toBe(one.stdout);
  expect(user.daemons).toHaveLength(2);
});

test('down ends the daemon and its servers', async () => {
  const { user, daemon, server } = await withServer();
  expect(await user.lifeline(['down'])).toMatchObject({ code: 0 });
  expect(user.daemons).toEqual([]);
  expect(isAlive(server)).toBe(false);
  expect(await user.lifeline(echo)).toEqual({ ...served, signal: null });
  expect(user.daemons).not.toContain(daemon);
});

test('down lets a call in flight finish', async () => {
  const user = new User(command);
  await user.lifeline(['up']);
  const watching = user.start(['events', '--json']);
  const calling = user.start(['call', 'demo', 'slow', 'seconds=1']);
  await once(watching.child.stdout, 'data');
  await user.lifeline(['down']);
  expect(await calling.ended).toMatchObject({ code: 0, stdout: 'took 1 s\n' });
  expect(await watching.ended).toMatchObject({ code: 0 });
});

test('row 46: 16 commands at once start one daemon, and all are served', async () => {
  const user = new User(command);
  user.configure({ real: program() });
  const answers = await Promise.all(Array.from({ length: 16 }, () => user.lifeline(pid)));
  expect(answers.map(({ code, stderr }) => ({ code, stderr }))).toEqual(
    Array(16).fill({ code: 0, stderr: '' }),
  );
  expect(new Set(answers.map(({ stdout }) => stdout)).size).toBe(1);
  expect(user.daemons).toHaveLength(1);
}, 60_000);

test('rows 45 and 49: after a daemon was killed the next command is served, and what it left is ended', async () => {
  const { user, daemon, server } = await withServer();
  process.kill(daemon, 'SIGKILL');
  process.kill(server, 'SIGSTOP');
  expect(await user.lifeline(echo)).toEqual({ ...served, signal: null });
  expect(user.daemons).toHaveLength(1);
  expect(isAlive(server)).toBe(false);
});

test('row 49: a call in flight when the daemon is killed may have been executed, and is told so', async () => {
  const user = new User(command);
  const ledger = join(user.home, 'ledger');
  user.configure({ real: program('--ledger', ledger) });
  const calling = user.start(['call', 'real', 'never']);
  await written(ledger, 'never');
  for (const daemon of user.daemons) process.kill(daemon, 'SIGKILL');
  const { code, stderr } = await calling.ended;
  expect(code).toBe(3);
  expect(stderr).toContain('may have arrived');
  expect(readFileSync(ledger, 'utf8').match(/never/g)).toHaveLength(1);
  // Ends what the killed one left.
  expect(await user.lifeline(echo)).toMatchObject({ code: 0 });
});

test('row 48: a frozen daemon keeps its socket, and the command does not wait for ever', async () => {
  const { user, daemon } = await withServer();
  process.kill(daemon, 'SIGSTOP');
  const { code, stderr } = await user.lifeline([...echo, '--timeout', '1s']);
  expect(code).toBe(5);
  expect(stderr).toContain('the daemon could not be reached: not answered within 1000 ms');
  process.kill(daemon, 'SIGCONT');
  expect(await user.lifeline(echo)).toEqual({ ...served, signal: null });
  expect(user.daemons).toEqual([daemon]);
});

test('row 50: a call is cancelled when its command is killed', async () => {
  const user = new User(command);
  const ledger = join(user.home, 'ledger');
  user.configure({ real: program('--ledger', ledger) });
  const calling = user.start(['call', 'real', 'late', 'text=x']);
  await written(ledger, 'late');
  calling.child.kill('SIGKILL');
  await written(ledger, 'cancelled');
  expect(await user.lifeline(echo)).toMatchObject({ code: 0 });
});

test('row 52: an edited configuration is another daemon, and the one before leaves', async () => {
  const { user, daemon, server } = await withServer();
  user.configure({ real: program(), more: program() });
  const second = await user.lifeline(pid);
  expect(second).toMatchObject({ code: 0 });
  expect(second.stdout).not.toBe(`${server}\n`);
  await user.logged(`${daemon} daemon: over: configChanged`);
  expect(user.daemons).not.toContain(daemon);
  expect(isAlive(server)).toBe(false);
});

test('row 52: another version that was started last has the one before leave', async () => {
  const { user, daemon } = await withServer();
  const [pointer = ''] = readdirSync(user.runtime).filter((name) => name.endsWith('.version'));
  writeFileSync(join(user.runtime, pointer), '99.0.0');
  await user.logged(`${daemon} daemon: over: superseded`);
  expect(user.daemons).toEqual([]);
});

test('row 53: a daemon that nobody needs leaves, and the next command is served', async () => {
  const user = new User(command);
  user.configure({ real: program() });
  const env = { MCP_LIFELINE_IDLE_TIMEOUT: '100' };
  for (let round = 0; round < 5; round += 1) {
    expect(await user.lifeline(echo, { env })).toEqual({ ...served, signal: null });
  }
  await user.logged('daemon: over: idle');
}, 60_000);

test('row 54: the daemon holds no pipe of the command that started it', async () => {
  const user = new User(command);
  const { child, ended } = user.start(['up']);
  await ended;
  // `close` comes when nobody has the other ends any more.
  expect(child.stdout.closed && child.stderr.closed).toBe(true);
  const [daemon = 0] = user.daemons;
  const open = readdirSync(`/proc/${daemon}/fd`).map((fd) => lstatSync(`/proc/${daemon}/fd/${fd}`).mode);
  expect(open.length).toBeGreaterThan(0);
  expect(isAlive(daemon)).toBe(true);
});

test('row 55: a daemon that cannot start is tried once; the reason and the log are shown', async () => {
  const user = new User(command);
  mkdirSync(user.runtime, { mode: 0o700 });
  await user.lifeline(['up']);
  await user.lifeline(['down']);
  const [children = ''] = readdirSync(user.runtime).filter((name) => name.endsWith('.children'));
  rmSync(join(user.runtime, children));
  mkdirSync(join(user.runtime, children));
  const { code, stderr } = await user.lifeline(['call', 'demo', 'echo', 'text=hi']);
  expect(code).toBe(3);
  expect(stderr).toMatch(
    /^lifeline: the daemon could not start: .*a directory, expected a file.*its log: .*\.log\n$/,
  );
  expect(user.logs.match(/daemon: failed/g)).toHaveLength(1);
});

test('a configuration that cannot be used is shown as such', async () => {
  const user = new User(command);
  user.configure({ real: { command: 7 } });
  const { code, stderr } = await user.lifeline(echo);
  expect(code).toBe(1);
  expect(stderr).toContain('mcpServers.real.command');
  expect(user.daemons).toEqual([]);
});

test('row 57: a runtime directory that is a link is refused, and left as it is', async () => {
  const user = new User(command);
  const target = join(user.home, 'target');
  mkdirSync(target, { mode: 0o700 });
  symlinkSync(target, user.runtime);
  const { code, stderr } = await user.lifeline(['call', 'demo', 'echo', 'text=hi']);
  expect(code).toBe(3);
  expect(stderr).toContain('a symbolic link');
  expect(readdirSync(target)).toEqual([]);
});

test('row 58: nobody else can read the files, whatever the umask', async () => {
  const user = new User(command);
  const words = [command.path, 'call', 'demo', 'echo', 'text=hi'];
  const shell = spawn('/bin/sh', ['-c', 'umask 000; exec "$@"', 'sh', process.execPath, ...words], {
    env: user.env,
    cwd: user.project,
    stdio: 'ignore',
  });
  expect(await once(shell, 'exit')).toEqual([0, null]);
  expect(lstatSync(user.runtime).mode & 0o777).toBe(0o700);
  const files = readdirSync(user.runtime);
  expect(files.length).toBeGreaterThan(4);
  const loose = files.filter((name) => (lstatSync(join(user.runtime, name)).mode & 0o077) !== 0);
  expect(loose).toEqual([]);
});

test('row 63: secrets are in no file, status or argument', async () => {
  const user = new User(command);
  const path = user.configure({
    real: { ...program(), env: { KEY: '${KEY}' } },
    far: { url: 'http://127.0.0.1:9/${KEY}', headers: { Authorization: '${KEY}' }, retryPolicy: false },
  });
  const env = { KEY: 'sentinel-of-this-test' };
  expect(await user.lifeline(echo, { env })).toMatchObject({ code: 0 });
  const said = [
    await user.lifeline(['call', 'far', 'echo', '--json'], { env }),
    await user.lifeline(['status', '--json'], { env }),
    await user.lifeline(['stats', '--json'], { env }),
    await user.lifeline(['servers', '--json'], { env }),
  ];
  const [daemon = 0] = user.daemons;
  const files = readdirSync(user.runtime).filter((name) => !name.endsWith('.sock'));
  const texts = [
    JSON.stringify(said),
    ...files.map((name) => readFileSync(join(user.runtime, name), 'utf8')),
    readFileSync(`/proc/${daemon}/cmdline`, 'utf8'),
  ];
  expect(texts.at(-1)).toContain(path);
  for (const text of texts) expect(text).not.toContain(env.KEY);
});
