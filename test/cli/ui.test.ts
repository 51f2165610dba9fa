import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ask, Reader } from '../inspect/support.js';
import { faultyServer } from '../support/faultyServer.js';
import { buildCommand, type Running, User, written } from './support.js';

const command = buildCommand();

/** A user of `ui`, and the address that it printed. */
async function openUi(user: User, words: readonly string[] = [], env: { [name: string]: string } = {}) {
  const running = user.start(['ui', '--json', ...words], { env });
  const url = await urlOf(running);
  const { origin, hash } = new URL(url);
  const token = hash.slice(1);
  return { running, url, origin, token, read: () => new Reader(origin, token) };
}

function urlOf({ child, said }: Running): Promise<string> {
  let text = '';
  child.stdout.on('data', (chunk: string) => {
    text += chunk;
  });
  return said('}\n').then(() => JSON.parse(text).url);
}

const act = (origin: string, token: string, action: string, name: string) =>
  ask(origin, '/api/act', {
    method: 'POST',
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({ action, name }),
  });

test('starts the daemon, shows its connections, and says what happens to them', async () => {
  const user = new User(command);
  user.configure({
    files: { command: process.execPath, args: [faultyServer], env: { TOKEN: 'hunter2-hunter2' } },
    broken: { command: process.execPath, env: { TOKEN: `\${NOT_SET_ANYWHERE}` } },
  });
  const { origin, token, read } = await openUi(user);
  expect(user.daemons).toHaveLength(1);
  const reader = read();
  const first = await reader.untilFrame(({ isWhole }) => isWhole);
  expect(first.rows).toMatchObject([
    { name: 'files', status: 'disconnected', isBegun: false },
    { name: 'broken', status: 'disconnected', isBegun: false, error: { code: 'CONFIG_INVALID' } },
  ]);
  const refused = await act(origin, token, 'reconnect', 'files');
  expect(JSON.parse(refused.text)).toEqual({ isDone: false, text: 'nobody has used it yet' });
  await ask(origin, '/api/focus', {
    method: 'POST',
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({ stream: reader.id, name: 'files' }),
  });
  await user.lifeline(['call', 'files', 'echo', 'text=private-matter']);
  await reader.untilFrame(({ detail }) => detail?.calls[0]?.outcome === 'succeeded');
  await reader.untilFrame(({ rows }) => rows.some(({ status }) => status === 'connected'));
  expect(JSON.parse((await act(origin, token, 'probe', 'files')).text)).toMatchObject({ isDone: true });
  expect(JSON.parse((await act(origin, token, 'reconnect', 'files')).text)).toMatchObject({ isDone: true });
  expect(JSON.parse((await act(origin, token, 'disconnect', 'files')).text)).toEqual({
    isDone: true,
    text: 'disconnected',
  });
  for (const secret of ['hunter2-hunter2', 'private-matter', token])
    expect(reader.text).not.toContain(secret);
});

test('says that the daemon has left, starts none, and shows the next', async () => {
  const user = new User(command);
  const { read } = await openUi(user);
  const reader = read();
  await reader.untilFrame(({ isWhole }) => isWhole);
  await user.lifeline(['down']);
  const lost = await reader.untilFrame(({ source }) => !source.isLive);
  expect(lost.source.note).toMatch(/as soon as there is a daemon again/);
  expect(user.daemons).toEqual([]);
  const before = reader.frames.length;
  await user.lifeline(['up']);
  await reader.untilFrame((frame) => frame.isWhole && reader.frames.indexOf(frame) >= before);
  expect(reader.frames.at(-1)?.source).toEqual({ isLive: true, note: null });
});

test('does not believe a daemon that is frozen, and believes it again when it goes on', async () => {
  const user = new User(command);
  const { read } = await openUi(user);
  const reader = read();
  await reader.untilFrame(({ isWhole }) => isWhole);
  const [pid = 0] = user.daemons;
  process.kill(pid, 'SIGSTOP');
  onTestFinished(() => {
    if (user.daemons.includes(pid)) process.kill(pid, 'SIGCONT');
  });
  const silent = await reader.untilFrame(({ source }) => !source.isLive);
  expect(silent.source.note).toContain('the daemon does not answer');
  const before = reader.frames.length;
  process.kill(pid, 'SIGCONT');
  const next = await reader.untilFrame((frame) => frame.isWhole && reader.frames.indexOf(frame) >= before);
  expect(next.source).toEqual({ isLive: true, note: null });
  expect(user.daemons).toEqual([pid]);
}, 60_000);

test('ends with Ctrl-C: the page is told, the port is free, the daemon stays', async () => {
  const user = new User(command);
  const { running, origin, read } = await openUi(user);
  const reader = read();
  await reader.untilFrame(({ isWhole }) => isWhole);
  running.child.kill('SIGINT');
  expect(await running.ended).toMatchObject({ code: 130, stderr: '' });
  await reader.ended;
  expect(reader.lines.at(-1)).toEqual({ type: 'bye' });
  await expect(ask(origin, '/')).rejects.toThrow('ECONNREFUSED');
  expect(user.daemons).toHaveLength(1);
});

test('has its token in no argument of a process, and prints the address for people', async () => {
  const user = new User(command);
  const running = user.start(['ui']);
  await running.said('Ctrl-C ends it');
  const { pid } = running.child;
  expect(readFileSync(`/proc/${pid}/cmdline`, 'utf8')).toMatch(/ui\0$/);
  running.child.kill('SIGTERM');
  const { code, stdout } = await running.ended;
  expect(code).toBe(143);
  expect(stdout).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/#[\w-]{43}\n$/);
});

test('lasts as long as it is told to, which is no error', async () => {
  const user = new User(command);
  const { code, stderr } = await user.lifeline(['ui', '--json', '--timeout', '2000']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
});

describe('--open', () => {
  /** A folder with an `xdg-open` that writes down what it is given. */
  function prepare(user: User, end = 'exit 0'): { path: string; noted: string } {
    const bin = join(user.home, 'bin');
    const noted = join(user.home, 'opened.txt');
    mkdirSync(bin);
    writeFileSync(join(bin, 'xdg-open'), `#!/bin/sh\necho "$# $1" > ${noted}\n${end}\n`);
    chmodSync(join(bin, 'xdg-open'), 0o755);
    return { path: `${bin}:${process.env.PATH}`, noted };
  }

  test('gives the browser a file of the user’s alone, which goes when it ends', async () => {
    const user = new User(command);
    const { path, noted } = prepare(user);
    const { running, url, token } = await openUi(user, ['--open'], { PATH: path });
    await written(noted, '\n');
    const [count, file = ''] = readFileSync(noted, 'utf8').trim().split(' ');
    expect(count).toBe('1');
    expect(file).not.toContain(token);
    expect(readFileSync(file, 'utf8')).toContain(`content="0; url=${url}"`);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(dirname(file)).mode & 0o777).toBe(0o700);
    running.child.kill('SIGINT');
    await running.ended;
    expect(existsSync(dirname(file))).toBe(false);
  });

  test('without anything to open it with says so and goes on', async () => {
    const user = new User(command);
    await user.lifeline(['up']);
    const running = user.start(['ui', '--open'], { env: { PATH: user.home } });
    await running.said('There is nothing here to open a browser with');
    await running.said('http://127.0.0.1');
    running.child.kill('SIGINT');
    expect((await running.ended).code).toBe(130);
  });

  test('with an opener that finds no browser says so', async () => {
    const user = new User(command);
    await user.lifeline(['up']);
    const { path } = prepare(user, 'exit 3');
    const running = user.start(['ui', '--open'], { env: { PATH: path } });
    await running.said('There is nothing here to open a browser with');
    running.child.kill('SIGINT');
    expect((await running.ended).code).toBe(130);
  });

  test.each(['SIGTERM', 'SIGHUP'] as const)('leaves no file behind with %s', async (signal) => {
    const user = new User(command);
    const { path, noted } = prepare(user);
    const { running } = await openUi(user, ['--open'], { PATH: path });
    await written(noted, '\n');
    const [, file = ''] = readFileSync(noted, 'utf8').trim().split(' ');
    expect(existsSync(file)).toBe(true);
    running.child.kill(signal);
    await running.ended;
    expect(existsSync(dirname(file))).toBe(false);
  });

  test('is not done unless it is asked for', async () => {
    const user = new User(command);
    const { path, noted } = prepare(user);
    await user.lifeline(['ui', '--timeout', '2000'], { env: { PATH: path } });
    expect(existsSync(noted)).toBe(false);
  });
});

describe('--port', () => {
  test.each(['x', '70000', '-1', ''])('%j is refused', async (port) => {
    const user = new User(command);
    const { code, stderr } = await user.lifeline(['ui', `--port=${port}`]);
    expect(code).toBe(1);
    expect(stderr).toContain('expected a number from 0 to 65535');
    expect(user.daemons).toEqual([]);
  });

  test('that is taken is said to be', async () => {
    const user = new User(command);
    const server = createServer();
    onTestFinished(() => {
      server.close();
    });
    const port = await new Promise<number>((resolve) => {
      server.listen(0, '127.0.0.1', () => {
        const address = server.address();
        resolve(typeof address === 'object' && address !== null ? address.port : 0);
      });
    });
    const { code, stderr } = await user.lifeline(['ui', '--port', String(port)]);
    expect(code).toBe(1);
    expect(stderr).toContain(`--port: ${port} cannot be had (EADDRINUSE)`);
  });
});
