/** The daemon's socket and files, and those who should not get at them, or misuse them. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { expect, vi } from 'vitest';
import { writeHello } from '../../src/ipc/hello.js';
import type { Places } from '../../src/ipc/places.js';
import { ensureSafePlaces } from '../../src/ipc/safeDirectory.js';
import { writeToken } from '../../src/ipc/token.js';
import { buildCommand } from '../cli/support.js';
import { echo, filesIn, Household, served } from './household.js';
import { row } from './row.js';
import type { Scene } from './scene.js';

vi.setConfig({ testTimeout: 90_000 });

const command = buildCommand();

const callTool = (id: number, tool: string, args: object = {}) => ({
  jsonrpc: '2.0',
  id,
  method: 'tools.call',
  params: { server: 'peer', tool, arguments: args },
});

row(51, 'answers of 2 MB, and nobody who takes them', async (scene) => {
  const user = new Household(scene, command);
  user.serve();
  await user.lifeline(['up']);
  const lazy = await user.greet();
  const peer = await user.dial();
  const { promise: closed, seen } = closing(lazy.socket);
  lazy.socket.pause();
  const text = 'x'.repeat(2_000_000);
  // Answered together: all that is asked has arrived before anybody is dropped, and nobody is told so by a failed write.
  for (let id = 1; id <= 60; id += 1) lazy.write(callTool(id, 'together', { count: 60, text }));
  // Whoever does not read does not see the end, either: the others see that it is gone.
  let status: unknown;
  do status = await peer.request('daemon.status');
  while (JSON.stringify(status).includes('"clients":2'));
  expect(await user.lifeline(echo)).toMatchObject(served);
  expect(seen()).toBe(false);
  lazy.socket.resume();
  await closed;
  const answers = lazy.messages.filter((message) => 'result' in message && message.id !== 0);
  expect(answers.length).toBeLessThan(60);
  expect(new Set(answers.map((message) => 'id' in message && message.id)).size).toBe(answers.length);
});

function closing(socket: Socket) {
  let isSeen = false;
  const promise = once(socket, 'close').then(() => {
    isSeen = true;
  });
  return { promise, seen: () => isSeen };
}

row(56, 'two directories whose sockets would be cut to the same name', async (scene) => {
  const users = ['a', 'b'].map((end) => new Household(scene, command, `${'d'.repeat(100)}-${end}`));
  const sockets: string[] = [];
  for (const user of users) {
    user.serve();
    expect(await user.lifeline(echo)).toMatchObject(served);
    const { socket, socketDirectory, directory } = user.places;
    expect(Buffer.byteLength(socket)).toBeLessThanOrEqual(107);
    expect([directory, socketDirectory === directory]).toEqual([user.runtime, false]);
    expect(lstatSync(socketDirectory).mode & 0o777).toBe(0o700);
    expect(lstatSync(socket).mode & 0o777).toBe(0o600);
    sockets.push(socket);
  }
  expect(new Set(sockets).size).toBe(2);
  expect(new Set(users.map(({ daemon }) => daemon)).size).toBe(2);
  for (const user of users) await user.lifeline(['down']);
  expect(sockets.filter((socket) => existsSync(socket))).toEqual([]);
});

interface Spoiled {
  /** What is wrong, as both halves say it. */
  found: string;
  /** Makes it so; the path that both name. */
  spoil(places: Places): string;
}

const STRANGER = 54_321;

const directories: Spoiled[] = [
  {
    found: 'mode 0755',
    spoil: ({ directory }) => {
      chmodSync(directory, 0o755);
      return directory;
    },
  },
  {
    found: 'a symbolic link',
    spoil: ({ directory }) => {
      renameSync(directory, `${directory}-real`);
      symlinkSync(`${directory}-real`, directory);
      return directory;
    },
  },
  {
    found: 'a file',
    spoil: ({ directory }) => {
      renameSync(directory, `${directory}-real`);
      writeFileSync(directory, 'mine');
      return directory;
    },
  },
];
// Only root can make something another user's.
if (process.geteuid?.() === 0) {
  directories.push({
    found: `owner ${STRANGER}`,
    spoil: ({ directory }) => {
      chownSync(directory, STRANGER, STRANGER);
      return directory;
    },
  });
}

const files: Spoiled[] = [
  {
    found: 'a file',
    spoil: ({ socket }) => {
      writeFileSync(socket, 'mine');
      return socket;
    },
  },
  {
    found: 'a symbolic link',
    spoil: ({ token, directory }) => {
      rmSync(token);
      writeFileSync(join(directory, '../mine'), 'mine');
      symlinkSync('../mine', token);
      return token;
    },
  },
  {
    found: 'mode 0644',
    spoil: ({ token }) => {
      chmodSync(token, 0o644);
      return token;
    },
  },
  {
    found: 'a symbolic link',
    spoil: ({ lock }) => {
      symlinkSync('../mine', lock);
      return lock;
    },
  },
];

/** Both halves refuse, the daemon by itself, too; and everything is as it was. */
async function expectRefusals(scene: Scene, faults: readonly Spoiled[]): Promise<void> {
  for (const { found, spoil } of faults) {
    const user = new Household(scene, command);
    user.serve();
    const { places } = user;
    ensureSafePlaces(places);
    writeToken(places);
    const path = spoil(places);
    const before = [landscape(user.home), identityOf(path)];
    const { code, stdout } = await user.lifeline([...echo, '--json']);
    expect(code).toBe(3);
    const { error } = JSON.parse(stdout);
    expect(error.message).toContain(`${path}: found ${found}, expected`);
    const { code: own, stderr } = await user.lifeline(['up', '--foreground']);
    expect([own, stderr]).toEqual([3, expect.stringContaining(`found ${found}, expected`)]);
    expect([landscape(user.home), identityOf(path)]).toEqual(before);
    expect(scene.mark.pids).toEqual([]);
    rmSync(user.runtime, { recursive: true });
    mkdirSync(user.runtime, { mode: 0o700 });
  }
}

row(57, 'the directory is open to others, a link, a file, somebody else’s', async (scene) => {
  await expectRefusals(scene, directories);
});

row(57, 'something is in the place of the socket, the token, the lock', async (scene) => {
  await expectRefusals(scene, files);
});

/** Everything there is, by name; but the lock, the log and the record of servers may have been written. */
function landscape(folder: string): string[] {
  return filesIn(folder)
    .filter((path) => !/\.(log|lock|children|version)/.test(path))
    .sort();
}

/** What is at the path, and nothing else that looks so. */
function identityOf(path: string): string {
  const { ino, mode, uid } = lstatSync(path);
  return [ino, mode, uid].join(' ');
}

row(58, 'a command and its daemon under that umask', async (scene) => {
  const user = new Household(scene, command);
  user.serve();
  const words = [process.execPath, command.path, ...echo];
  const shell = spawn('/bin/sh', ['-c', 'umask 000; exec "$@"', 'sh', ...words], {
    env: user.env,
    cwd: user.project,
    stdio: 'ignore',
  });
  expect(await once(shell, 'exit')).toEqual([0, null]);
  expect(lstatSync(user.runtime).mode & 0o777).toBe(0o700);
  const modes = Object.fromEntries(
    filesIn(user.runtime).map((path) => [path.replace(/^.*\/\w+/, ''), lstatSync(path).mode & 0o777]),
  );
  expect(modes).toEqual({
    '.sock': 0o600,
    '.token': 0o600,
    '.lock': 0o600,
    '.log': 0o600,
    '.children': 0o600,
    '.version': 0o600,
  });
});

row(59, 'whoever knows the socket', async (scene) => {
  const user = new Household(scene, command);
  user.serve();
  await user.lifeline(['up']);
  const { introduction, token } = user;
  const call = callTool(1, 'echo', { key: 'refused' });
  const hello = writeHello(introduction, token);
  const attempts: (string | object)[][] = [
    [call],
    [{ ...hello, params: introduction }, call],
    [writeHello(introduction, ''), call],
    [writeHello(introduction, `${token.slice(0, -1)}~`), call],
    [{ ...hello, params: { ...introduction, token: [token] } }, call],
    [writeHello({ ...introduction, version: '99.0.0' }, 'wrong'), call],
    [{ ...hello, method: 'hello' }, call],
    ['GET / HTTP/1.1', call],
    ['null', call],
    ['x'.repeat(20_000)],
  ];
  const refused = { jsonrpc: '2.0', id: 0, error: { code: -32010, message: 'refused' } };
  for (const lines of attempts) {
    const raw = await user.connect();
    raw.write(...lines);
    await raw.closed;
    expect(raw.messages).toEqual([refused]);
  }
  const peer = await user.dial();
  expect(await peer.request('daemon.status')).toMatchObject({ clients: 1, pool: { total: 0 } });
  expect(scene.executed()).toEqual([]);
  expect(await user.lifeline(echo)).toMatchObject(served);
});

row(60, 'of those who know the token', async (scene) => {
  const user = new Household(scene, command);
  user.serve();
  await user.lifeline(['up']);
  const held = user.start(['call', 'peer', 'together', 'count:=2', 'text=together']);
  const peer = await user.dial();
  const slow = await user.connect();
  slow.socket.write('{"jsonrpc":"2.0","id":0,');
  for (const line of ['{', '[]', 'null', '7', '"text"', '{}', '[{"jsonrpc":"2.0","id":1,"method":"m"}]']) {
    const raw = await user.greet();
    raw.write(line, callTool(2, 'echo', { key: 'behind' }));
    await raw.closed;
    expect(raw.messages.slice(1)).toMatchObject([{ id: null, error: { code: expect.any(Number) } }]);
    expect(JSON.stringify(raw.messages)).not.toContain('"text"');
  }
  const huge = await user.greet();
  const piece = Buffer.alloc(4 * 1024 * 1024, 'x');
  for (let size = 0; size <= 68 && !huge.socket.destroyed; size += 4) {
    await new Promise((resolve) => huge.socket.write(piece, resolve));
  }
  await huge.closed;
  await slow.closed;
  expect(slow.messages).toMatchObject([{ error: { message: 'refused' } }]);
  expect(await peer.request('daemon.status')).toMatchObject({ requests: 1, clients: 2 });
  expect(await user.answer('together', 'count:=2', 'text=too')).toBe('too');
  expect(await held.ended).toMatchObject({ code: 0, stdout: 'together\n' });
  expect(scene.executions('echo', 'behind')).toBe(0);
});

row(62, 'servers that are called like paths', async (scene) => {
  const user = new Household(scene, command);
  const names = [
    '../x',
    '/etc/passwd',
    '..',
    '~',
    '$(touch here)',
    '__proto__',
    'constructor',
    'ü'.repeat(64),
  ];
  const servers = names.map((name) => [name, scene.stdio()] as const);
  user.serve(
    JSON.parse(`{${servers.map(([name, server]) => `${JSON.stringify(name)}:${JSON.stringify(server)}`)}}`),
  );
  const before = filesIn(user.home).filter((path) => !path.startsWith(user.runtime));
  for (const name of names) {
    expect(await user.lifeline(['call', name, 'echo', 'text=hi'])).toMatchObject(served);
  }
  expect(
    filesIn(user.home).filter((path) => !path.startsWith(user.runtime) && path !== scene.ledger),
  ).toEqual(before);
  expect(await user.lifeline(['call', 'toString', 'echo', '--json'])).toMatchObject({
    code: 1,
    stdout: expect.stringContaining('UNKNOWN_SERVER'),
  });
});

row(62, 'names that are none', async (scene) => {
  const user = new Household(scene, command);
  for (const name of ['', 'x'.repeat(300), 'a\nb', 'a\u202eb', '\u001b[2J']) {
    const path = user.serve({ [name]: scene.stdio() });
    const { code, stderr } = await user.lifeline(echo);
    expect(code).toBe(1);
    expect(stderr).toContain(`${path}:1: mcpServers`);
    expect(stderr).toContain("a server's name: 1 to 64 characters");
    expect(stderr).not.toMatch(/\p{Cf}|\p{Cc}(?!$)/u);
  }
  expect(await user.lifeline(echo, { env: { MCP_LIFELINE_RUNTIME_DIR: '../here' } })).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('MCP_LIFELINE_RUNTIME_DIR: found "../here", expected an absolute path'),
  });
  expect(user.daemons).toEqual([]);
});
