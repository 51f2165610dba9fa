/** Commands and the daemon, each a process of its own, and what becomes of both when the other is in trouble. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, vi } from 'vitest';
import { readChildren } from '../../src/ipc/children.js';
import { writeHello } from '../../src/ipc/hello.js';
import { listen } from '../../src/ipc/listen.js';
import { acquire, ownerOf } from '../../src/ipc/ownership.js';
import { identify } from '../../src/ipc/processIdentity.js';
import { ensureSafePlaces } from '../../src/ipc/safeDirectory.js';
import { PACKAGE } from '../../src/package.js';
import { buildCommand, written } from '../cli/support.js';
import { echo, Household, served } from './household.js';
import { row } from './row.js';
import type { Scene } from './scene.js';

vi.setConfig({ testTimeout: 90_000 });

const command = buildCommand();

/** One that is dead and not waited for does not live. */
const isAlive = (pid: number) => identify(pid) !== null;

row(45, 'a killed daemon left its socket and its lock, and a server that is frozen', async (scene) => {
  const user = new Household(scene, command);
  user.serve();
  const server = Number(await user.answer('pid'));
  const { daemon, places } = user;
  process.kill(daemon, 'SIGKILL');
  process.kill(server, 'SIGSTOP');
  await scene.until(() => !isAlive(daemon));
  expect([lstatSync(places.socket).isSocket(), ownerOf(places)]).toEqual([true, null]);
  expect(await user.lifeline(echo)).toMatchObject(served);
  expect(user.daemon).not.toBe(daemon);
  expect(isAlive(server)).toBe(false);
});

row(45, 'many find what a killed daemon left: one takes over', async (scene) => {
  const user = new Household(scene, command);
  user.serve();
  await user.answer('pid');
  for (let round = 0; round < 3; round += 1) {
    process.kill(user.daemon, 'SIGKILL');
    const answers = await Promise.all(Array.from({ length: 4 }, () => user.answer('pid')));
    expect(new Set(answers).size).toBe(1);
    expect(scene.mark.pids).toContain(user.daemon);
  }
});

row(46, '16 commands at once', async (scene) => {
  const user = new Household(scene, command);
  user.serve();
  const answers = await Promise.all(Array.from({ length: 16 }, () => user.answer('pid')));
  expect(new Set(answers).size).toBe(1);
  const { daemon } = user;
  // Those that lost end; nobody takes the place when the one that won has gone.
  const [server = 0] = answers.map(Number);
  await scene.until(() => scene.mark.pids.every((pid) => pid === daemon || pid === server));
  await user.lifeline(['down']);
  expect(user.daemons).toEqual([]);
});

row(47, 'a daemon wakes up that has lost its files, and another serves', async (scene) => {
  const user = new Household(scene, command);
  user.serve();
  await user.answer('pid');
  const { daemon: first, places } = user;
  process.kill(first, 'SIGSTOP');
  // As something does that cleans up temporary files.
  rmSync(places.directory, { recursive: true });
  const answer = await user.answer('pid');
  const { daemon: second } = user;
  expect(second).not.toBe(first);
  const { ino } = lstatSync(places.socket);
  process.kill(first, 'SIGCONT');
  await scene.until(() => !isAlive(first));
  expect(lstatSync(places.socket).ino).toBe(ino);
  expect(await user.answer('pid')).toBe(answer);
  expect(user.daemon).toBe(second);
});

row(48, 'a command comes to a frozen daemon', async (scene) => {
  const user = new Household(scene, command);
  user.serve();
  await user.answer('pid');
  const { daemon, places } = user;
  const owner = ownerOf(places);
  const { ino } = lstatSync(places.socket);
  process.kill(daemon, 'SIGSTOP');
  const late = await user.lifeline(['call', 'peer', 'echo', 'key=late', '--timeout', '1s', '--json']);
  expect(late.code).toBe(5);
  expect(JSON.parse(late.stdout)).toMatchObject({ error: { code: 'REQUEST_TIMEOUT', exitCode: 5 } });
  expect([lstatSync(places.socket).ino, ownerOf(places)]).toEqual([ino, owner]);
  expect(user.daemons).toEqual([daemon]);
  process.kill(daemon, 'SIGCONT');
  // What was reported as failed is not carried out when it wakes up.
  expect(await user.lifeline(echo)).toMatchObject(served);
  expect(user.daemons).toEqual([daemon]);
  expect(scene.executions('echo', 'late')).toBe(0);
});

row(48, 'the daemon freezes during a call', async (scene) => {
  const user = new Household(scene, command);
  user.serve();
  await user.answer('pid');
  const { daemon } = user;
  const peer = await user.dial();
  const calling = user.start(['call', 'peer', 'late', 'text=x', '--timeout', '5s']);
  await written(scene.ledger, 'late');
  process.kill(daemon, 'SIGSTOP');
  expect(await calling.ended).toMatchObject({ code: 5 });
  process.kill(daemon, 'SIGCONT');
  await written(scene.ledger, 'cancelled');
  expect(await peer.request('daemon.status')).toMatchObject({ pid: daemon });
  expect(scene.executions('late')).toBe(1);
});

row(49, 'killed with a call in flight', async (scene) => {
  const user = new Household(scene, command);
  user.serve();
  const calling = user.start(['call', 'peer', 'never', '--json']);
  await written(scene.ledger, 'never');
  process.kill(user.daemon, 'SIGKILL');
  const { code, stdout } = await calling.ended;
  expect(code).toBe(3);
  expect(JSON.parse(stdout)).toMatchObject({
    error: { code: 'PEER_GONE', message: expect.stringContaining('may have arrived') },
  });
  expect(await user.lifeline(echo)).toMatchObject(served);
  expect(scene.executions('never')).toBe(1);
});

row(
  49,
  'killed again and again: what it left is ended, and a stranger with such an id is not',
  async (scene) => {
    const user = new Household(scene, command);
    user.serve({}, '--ignore-end', '--ignore-term');
    const stranger = spawn(process.execPath, ['-e', 'setInterval(() => {}, 60_000)'], {
      stdio: 'ignore',
      detached: true,
    });
    scene.onEnd(async () => {
      stranger.kill('SIGKILL');
      if (stranger.exitCode === null && stranger.signalCode === null) await once(stranger, 'exit');
    });
    await once(stranger, 'spawn');
    for (let round = 0; round < 2; round += 1) {
      const server = Number(await user.answer('pid'));
      const { daemon, places } = user;
      process.kill(daemon, 'SIGKILL');
      await scene.until(() => !isAlive(daemon));
      const record = readChildren(places);
      expect(record).toMatchObject({ isStarting: false, children: [{ pid: server }] });
      const strange = { pid: stranger.pid, start: 'at another time' };
      writeFileSync(places.children, JSON.stringify({ ...record, children: [...record.children, strange] }));
      expect(await user.lifeline(echo)).toMatchObject(served);
      expect(isAlive(server)).toBe(false);
      expect(isAlive(stranger.pid ?? 0)).toBe(true);
    }
  },
);

row(50, 'killed during a call', async (scene) => {
  const user = new Household(scene, command);
  user.serve();
  const calling = user.start(['call', 'peer', 'late', 'text=x']);
  await written(scene.ledger, 'late');
  const peer = await user.dial();
  expect(await peer.request('daemon.status')).toMatchObject({ clients: 2 });
  calling.child.kill('SIGKILL');
  await written(scene.ledger, 'cancelled');
  await calling.ended;
  let status: unknown;
  do status = await peer.request('daemon.status');
  while (JSON.stringify(status).includes('"clients":2'));
  expect(status).toMatchObject({ clients: 1, pool: { active: 0, idle: 1 } });
});

/** The same program as another version. */
let next: { directory: string; path: string };

beforeAll(() => {
  const directory = dirname(dirname(command.path));
  const copy = `${directory}-next`;
  cpSync(directory, copy, { recursive: true });
  next = { directory: copy, path: join(copy, 'cli', 'lifeline.cjs') };
  for (const path of [next.path, join(copy, 'src', 'package.js')]) {
    const text = readFileSync(path, 'utf8');
    if (!text.includes(PACKAGE.version)) throw new Error(`${path} does not say its version`);
    writeFileSync(path, text.replaceAll(PACKAGE.version, '99.0.0'));
  }
});

afterAll(() => rmSync(next.directory, { recursive: true }));

/** A daemon with a call in flight that does not end before it may: its server is frozen. */
async function holdCall(user: Household) {
  const server = Number(await user.answer('pid'));
  const { daemon } = user;
  const peer = await user.dial();
  process.kill(server, 'SIGSTOP');
  const calling = user.start(echo);
  let status: unknown;
  do status = await peer.request('daemon.status');
  while (!JSON.stringify(status).includes('"requests":1'));
  const finish = async () => {
    await user.logged(`${daemon} daemon: draining`);
    process.kill(server, 'SIGCONT');
    return calling.ended;
  };
  return { server, daemon, finish };
}

row(52, 'a newer version is used: the daemon before finishes its call, and leaves', async (scene) => {
  const installed = { path: command.path };
  const user = new Household(scene, installed);
  user.serve();
  const { server, daemon, finish } = await holdCall(user);
  installed.path = next.path;
  const other = await user.answer('pid');
  expect(other).not.toBe(String(server));
  expect(await finish()).toMatchObject(served);
  await scene.until(() => !isAlive(daemon) && !isAlive(server));
  expect(user.logs).toContain(`${daemon} daemon: over: superseded`);
  expect(await user.answer('pid')).toBe(other);
});

row(52, 'the configuration is edited: the daemon before finishes its call, and leaves', async (scene) => {
  const user = new Household(scene, command);
  user.serve();
  const { server, daemon, finish } = await holdCall(user);
  user.serve({ more: { command: 'more' } });
  expect(await user.answer('pid')).not.toBe(String(server));
  expect(await finish()).toMatchObject(served);
  await scene.until(() => !isAlive(daemon) && !isAlive(server));
  expect(user.logs).toContain(`${daemon} daemon: over: configChanged`);
});

row(52, 'a hello of another version: the daemon finishes its call, and makes room', async (scene) => {
  const user = new Household(scene, command);
  user.serve();
  const { server, daemon, finish } = await holdCall(user);
  const { introduction } = user;
  const raw = await user.connect();
  const late = { name: 'echo', server: 'peer', tool: 'echo', arguments: { key: 'late' } };
  raw.write(writeHello({ ...introduction, version: '99.0.0' }, user.token), {
    jsonrpc: '2.0',
    id: 1,
    method: 'tools.call',
    params: late,
  });
  await raw.closed;
  // Both know of the other's.
  expect(raw.messages).toMatchObject([{ id: 0, error: { code: -32011, data: introduction } }]);
  expect(raw.messages).toHaveLength(1);
  await user.logged(
    `${daemon} daemon: leaves to a client of another version or configuration: version 99.0.0`,
  );
  const calling = user.start(echo);
  expect(await finish()).toMatchObject(served);
  expect(await calling.ended).toMatchObject(served);
  await scene.until(() => !isAlive(daemon) && !isAlive(server));
  expect(scene.executions('echo', 'late')).toBe(0);
});

/** A daemon of another version, in the place of the household's, in this process. */
async function otherVersion(scene: Scene, user: Household) {
  const { places, introduction } = user;
  ensureSafePlaces(places);
  const acquisition = acquire(places);
  if (acquisition.kind !== 'acquired') throw new Error('somebody else owns the place');
  const carriedOut: string[] = [];
  let meet: (theirs: unknown) => void = () => {};
  const met = new Promise((resolve) => {
    meet = resolve;
  });
  const server = await listen({
    places,
    fingerprint: introduction.fingerprint,
    version: '0.0.1',
    handle: (method) => carriedOut.push(method),
    onmismatch: (theirs) => meet(theirs),
  });
  let isThere = true;
  const leave = async () => {
    await server.close();
    if (isThere) acquisition.ownership.release();
    isThere = false;
  };
  scene.onEnd(leave);
  return { met, carriedOut, leave };
}

row(52, 'a command finds a daemon of another version, which makes room', async (scene) => {
  const user = new Household(scene, command);
  user.serve();
  const { introduction } = user;
  const { met, carriedOut, leave } = await otherVersion(scene, user);
  const calling = user.start(echo);
  expect(await met).toEqual(introduction);
  await leave();
  expect(await calling.ended).toMatchObject(served);
  expect(carriedOut).toEqual([]);
});

row(52, 'a command finds a daemon of another version, which stays', async (scene) => {
  const user = new Household(scene, command);
  user.serve();
  const { carriedOut } = await otherVersion(scene, user);
  const { ino } = lstatSync(user.places.socket);
  const { code, stdout } = await user.lifeline([...echo, '--json', '--timeout', '2s']);
  const message = expect.stringContaining(`version 0.0.1, ours is ${PACKAGE.version}`);
  expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'DAEMON_MISMATCH', message } });
  expect(code).toBe(3);
  expect(lstatSync(user.places.socket).ino).toBe(ino);
  expect(carriedOut).toEqual([]);
});

row(53, 'again and again', async (scene) => {
  const user = new Household(scene, command);
  user.serve();
  const env = { MCP_LIFELINE_IDLE_TIMEOUT: '100' };
  for (let round = 0; round < 5; round += 1) {
    expect(await user.lifeline(echo, { env })).toMatchObject(served);
  }
  await user.logged('daemon: over: idle');
});

/** Connections to the daemon's socket that it has not seen yet, or has and not ended. */
function connectionsTo(socket: string): number {
  const lines = readFileSync('/proc/net/unix', 'utf8').split('\n');
  // Bound under a name that begins so; the one line that is always there is the daemon's own.
  return lines.filter((line) => line.includes(`${socket}~`)).length - 1;
}

row(53, 'in the very turn of the closing, and just before it', async (scene) => {
  const user = new Household(scene, command);
  user.serve();
  // Long enough for the daemon to be stopped before, on a busy machine too.
  const soon = 1500;
  for (const idle of [soon, 60_000]) {
    await user.lifeline(['up'], { env: { MCP_LIFELINE_IDLE_TIMEOUT: String(idle) } });
    const { daemon, places } = user;
    // The daemon has seen the command go.
    await scene.until(() => connectionsTo(places.socket) === 0);
    process.kill(daemon, 'SIGSTOP');
    const due = performance.now() + soon;
    const calling = user.start(echo);
    // It waits for its answer, and the daemon's limit is over: when it wakes up, it finds both at once.
    await scene.until(() => connectionsTo(places.socket) > 0 && performance.now() > due);
    process.kill(daemon, 'SIGCONT');
    expect(await calling.ended).toMatchObject(served);
    if (idle === soon) {
      await user.logged(`${daemon} daemon: over: idle`);
      await scene.until(() => !isAlive(daemon));
    } else expect(user.daemon).toBe(daemon);
    await user.lifeline(['down']);
  }
});

row(54, 'a pipe to another program', async (scene) => {
  const user = new Household(scene, command);
  user.serve();
  const words = [process.execPath, command.path, ...echo];
  const script = '"$@" 2>&1 3>&1 9>&1 | cat; echo "the pipe has ended"';
  const shell = spawn('/bin/sh', ['-c', script, 'sh', ...words], { env: user.env, cwd: user.project });
  let said = '';
  shell.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  // Comes when nobody has the other end any more.
  await once(shell, 'close');
  expect(said).toBe('hi\nthe pipe has ended\n');
  const { daemon } = user;
  expect(isAlive(daemon)).toBe(true);
  const files = readdirSync(`/proc/${daemon}/fd`).map((fd) => readlinkSync(`/proc/${daemon}/fd/${fd}`));
  expect(files.filter((file) => file === '/dev/null').length).toBeGreaterThanOrEqual(3);
  expect(readlinkSync(`/proc/${daemon}/cwd`)).toBe('/');
  expect(await user.lifeline(echo)).toMatchObject(served);
});

row(54, 'a pipe beyond those that Node looks after', async (scene) => {
  const user = new Household(scene, command);
  user.serve({}, '--ignore-end');
  const far = 40;
  const child = spawn(process.execPath, [command.path, 'call', 'peer', 'pid'], {
    env: user.env,
    cwd: user.project,
    stdio: Array.from({ length: far + 1 }, (_, descriptor) =>
      [1, 2, far].includes(descriptor) ? 'pipe' : 'ignore',
    ),
  });
  for (const stream of child.stdio) if (stream instanceof Readable) stream.resume();
  expect(await once(child, 'close')).toEqual([0, null]);
  const { daemon } = user;
  const [server = 0] = scene.mark.pids.filter((pid) => pid !== daemon);
  for (const pid of [daemon, server]) {
    expect(readlinkSync(`/proc/${pid}/fd/${far}`)).toBe('/dev/null');
  }
});

row(55, 'a folder is in the place of one of its files', async (scene) => {
  const user = new Household(scene, command);
  user.serve();
  const { places } = user;
  ensureSafePlaces(places);
  mkdirSync(places.children);
  const { code, stdout } = await user.lifeline([...echo, '--json']);
  expect(code).toBe(3);
  const { error } = JSON.parse(stdout);
  expect(error).toMatchObject({ code: 'DAEMON_FAILED' });
  expect(error.message).toContain('a directory, expected a file');
  expect(error.message).toContain(`its log: ${places.log}`);
  expect(user.logs.match(/daemon: failed/g)).toHaveLength(1);
  expect(user.daemons).toEqual([]);
  rmSync(places.children, { recursive: true });
  expect(await user.lifeline(echo)).toMatchObject(served);
});

row(55, 'its log cannot be written, so it can say nothing', async (scene) => {
  const user = new Household(scene, command);
  user.serve();
  const { places } = user;
  ensureSafePlaces(places);
  mkdirSync(places.log);
  const { code, stderr } = await user.lifeline(echo);
  expect(code).toBe(3);
  expect(stderr).toContain(`${places.log}: found a directory, expected a file`);
  rmSync(places.log, { recursive: true });
});

row(63, 'commands ask for all there is to see', async (scene) => {
  const user = new Household(scene, command);
  user.serve({
    far: {
      url: `http://127.0.0.1:9/\${KEY}`,
      headers: { Authorization: `\${KEY}` },
      retryPolicy: false,
    },
  });
  const watching = user.start(['events']);
  await user.answer('echo', 'text=hi');
  await user.lifeline(['call', 'far', 'echo', '--json']);
  for (const words of [
    ['status'],
    ['stats'],
    ['servers'],
    ['tools'],
    ['doctor'],
    ['logs'],
    ['trust', '--yes'],
  ]) {
    await user.lifeline([...words, '--json']);
  }
  // That it reached its server.
  const { KEY = '' } = user.env;
  const environment = scene.mark.pids.map((pid) => readFileSync(`/proc/${pid}/environ`, 'utf8'));
  expect(environment.filter((text) => text.includes(`SECRET=${KEY}`))).toHaveLength(1);
  watching.child.kill('SIGINT');
  await watching.ended;
});
