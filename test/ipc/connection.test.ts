import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { connect, createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type DialOptions, dial } from '../../src/ipc/dial.js';
import { writeHello } from '../../src/ipc/hello.js';
import { type IpcServer, type ListenOptions, listen } from '../../src/ipc/listen.js';
import { acquire } from '../../src/ipc/ownership.js';
import type { Places } from '../../src/ipc/places.js';
import { ensureSafePlaces } from '../../src/ipc/safeDirectory.js';
import { readToken, writeToken } from '../../src/ipc/token.js';
import { readSources, staticallyReached } from '../house/importGraph.js';
import { type CompiledSources, compileSources } from '../support/compileSources.js';
import { RawPeer } from './socketPair.js';
import { makeDirectory, makePlaces, PatientClock, Told, withUmask } from './support.js';

let compiled: CompiledSources;

beforeAll(async () => {
  compiled = await compileSources();
});

afterAll(() => compiled.remove());

const US = { version: '1.0.0', fingerprint: 'one' };
const INTRODUCTION = { protocol: 1, ...US };

async function open(places: Places, options: Partial<ListenOptions> = {}): Promise<IpcServer> {
  const server = await listen({
    places,
    ...US,
    handle: (method, params) => ({ method, params }),
    ...options,
  });
  onTestFinished(() => server.close());
  return server;
}

async function call(places: Places, options: Partial<DialOptions> = {}) {
  const dialed = await dial({ places, ...US, ...options });
  onTestFinished(() => dialed.peer.close());
  return dialed;
}

async function connectRaw(places: Places): Promise<RawPeer> {
  const socket = connect(places.socket);
  await once(socket, 'connect');
  onTestFinished(() => {
    socket.destroy();
  });
  return new RawPeer(socket);
}

const request = (id: number, method = 'm') => ({ jsonrpc: '2.0', id, method });
const refused = { jsonrpc: '2.0', id: 0, error: { code: -32010, message: 'refused' } };

describe('a command and the daemon', () => {
  test('row 58: find each other under umask 000, and only they', async () => {
    const places = makePlaces();
    const opened = withUmask(0, () => open(places));
    const server = await opened;
    const { peer, pid } = await call(places);
    expect(pid).toBe(process.pid);
    expect(await peer.request('echo', [1])).toEqual({ method: 'echo', params: [1] });
    expect(server.clients.size).toBe(1);
    expect(lstatSync(places.directory).mode & 0o777).toBe(0o700);
    for (const path of [places.socket, places.token]) expect(lstatSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(places.directory)).toHaveLength(2);
  });

  test('speak both ways, and know whom they speak to', async () => {
    const places = makePlaces();
    const notes: unknown[] = [];
    const server = await open(places, {
      handle: (method, _, { client }) => {
        client.notify('event', method);
        return server.clients.has(client);
      },
      onclient: (client) => client.notify('event', 'welcome'),
      onnotification: (method, params, client) => notes.push(method, params, server.clients.has(client)),
    });
    const events: unknown[] = [];
    const { peer } = await call(places, { onnotification: (_, params) => events.push(params) });
    peer.notify('note', 1);
    expect(await peer.request('hello')).toBe(true);
    expect(events).toEqual(['welcome', 'hello']);
    expect(notes).toEqual(['note', 1, true]);
  });

  test('row 56: find each other when the directory is too deep for a socket', async () => {
    const directory = join(makeDirectory(), 'd'.repeat(100));
    const [one, other] = [makePlaces('one', directory), makePlaces('two', directory)];
    expect(dirname(one.socket)).toBe(one.socketDirectory);
    expect(one.socketDirectory).not.toBe(directory);
    onTestFinished(() => rmSync(one.socketDirectory, { recursive: true, force: true }));
    const servers = [await open(one, { handle: () => 1 }), await open(other, { handle: () => 2 })];
    const answers = [await call(one), await call(other)].map(({ peer }) => peer.request('m'));
    expect(await Promise.all(answers)).toEqual([1, 2]);
    for (const server of servers) await server.close();
    expect([existsSync(one.socket), existsSync(other.socket)]).toEqual([false, false]);
  });

  test('leave nothing open', async () => {
    const places = makePlaces();
    const server = await open(places);
    const { peer } = await call(places);
    const raw = await connectRaw(places);
    await server.close();
    await raw.closed;
    expect(await peer.closed).toMatchObject({ code: 'PEER_GONE' });
    expect([server.clients.size, existsSync(places.socket), server.isStillMine()]).toEqual([0, false, false]);
    await server.close();
  });

  test('both know what became of a request that meets a daemon that is leaving', async () => {
    const places = makePlaces();
    const server = await open(places);
    const { peer } = await call(places);
    const closing = server.close();
    expect(await peer.request('m')).toEqual({ method: 'm' });
    await expect(peer.request('m')).rejects.toMatchObject({ code: 'PEER_GONE', wasSent: false });
    await closing;
    expect(await peer.closed).toMatchObject({ message: expect.stringContaining('leaving') });
  });

  test('part all the same when the command takes no notice', async () => {
    const places = makePlaces();
    const server = await open(places);
    const deaf = await connectRaw(places);
    deaf.write(writeHello(INTRODUCTION, readToken(places) ?? ''));
    await deaf.answerTo(0);
    await server.close();
    await deaf.closed;
    expect(deaf.messages).toContainEqual({ jsonrpc: '2.0', method: 'rpc.leaving' });
  });

  test('stay together when the daemon lets nobody else in; who comes then finds none', async () => {
    const places = makePlaces();
    const server = await open(places);
    const { peer } = await call(places);
    const late = await connectRaw(places);
    server.stopAccepting();
    await late.closed;
    expect(late.messages).toEqual([]);
    await expect(call(places)).rejects.toMatchObject({ code: 'NO_DAEMON' });
    expect(await peer.request('m')).toEqual({ method: 'm' });
  });

  test('do not meet at all when the command gives up first', async () => {
    const places = makePlaces();
    const server = await open(places);
    const reason = new Error('enough');
    await expect(call(places, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(server.clients.size).toBe(0);
  });

  test('part again when the command gives up while the connection opens', async () => {
    const places = makePlaces();
    await open(places);
    const [controller, reason] = [new AbortController(), new Error('enough')];
    const called = call(places, { signal: controller.signal });
    controller.abort(reason);
    await expect(called).rejects.toBe(reason);
  });
});

test('a command can give up while it waits for the hello', async () => {
  const places = makePlaces();
  ensureSafePlaces(places);
  writeToken(places);
  const controller = new AbortController();
  const reason = new Error('enough');
  const server = createServer((socket) => socket.once('data', () => controller.abort(reason)));
  server.listen(places.socket);
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
  });
  await expect(call(places, { signal: controller.signal })).rejects.toBe(reason);
});

describe('a command that finds no daemon says so', () => {
  test('without a directory, a token, a socket', async () => {
    const places = makePlaces();
    await expect(call(places)).rejects.toMatchObject({ code: 'NO_DAEMON' });
    ensureSafePlaces(places);
    await expect(call(places)).rejects.toMatchObject({ code: 'NO_DAEMON' });
    writeToken(places);
    await expect(call(places)).rejects.toMatchObject({ code: 'NO_DAEMON' });
  });

  test('row 45: with a socket that a killed one left, which the next takes over', async () => {
    const places = makePlaces();
    const daemon = await Told.start('daemon.mjs', compiled.directory, JSON.stringify(places));
    const { peer, pid } = await call(places);
    expect(pid).toBe(daemon.pid);
    const answer = peer.request('wait');
    expect(await peer.request('echo', 1)).toBe(1);
    const lost = expect(answer).rejects.toMatchObject({ code: 'PEER_GONE', wasSent: true });
    await daemon.kill();
    await lost;
    expect(existsSync(places.socket)).toBe(true);
    await expect(call(places)).rejects.toMatchObject({ code: 'NO_DAEMON' });
    expect(acquire(places).kind).toBe('acquired');
    await open(places);
    expect((await call(places)).pid).toBe(process.pid);
  });

  test('when it leaves in the middle of the hello', async () => {
    const places = makePlaces();
    ensureSafePlaces(places);
    writeToken(places);
    const server = createServer((socket) => socket.once('data', () => socket.destroy()));
    server.listen(places.socket);
    await once(server, 'listening');
    onTestFinished(() => {
      server.close();
    });
    await expect(call(places)).rejects.toMatchObject({ code: 'NO_DAEMON' });
  });
});

describe('row 48: a frozen daemon', () => {
  test('is waited for as long as the hello may take, and its socket stays', async () => {
    const places = makePlaces();
    const daemon = await Told.start('daemon.mjs', compiled.directory, JSON.stringify(places));
    daemon.signal('SIGSTOP');
    const clock = new PatientClock();
    const attempt = call(places, { clock, helloTimeout: 700 });
    const settled = expect(attempt).rejects.toMatchObject({
      code: 'DAEMON_FROZEN',
      message: expect.stringContaining('did not answer the hello within 700 ms'),
    });
    await clock.fireOnce(700);
    await settled;
    expect(acquire(places)).toMatchObject({ kind: 'owned', by: { pid: daemon.pid } });
    daemon.signal('SIGCONT');
    expect(await (await call(places)).peer.request('echo', 'alive')).toBe('alive');
  });

  test('is tried again and again when too many wait for it already', async () => {
    const places = makePlaces();
    ensureSafePlaces(places);
    writeToken(places);
    const deaf = await Told.start('deaf.mjs', places.socket);
    deaf.signal('SIGSTOP');
    await fill(places.socket);
    const clock = new PatientClock();
    const attempt = call(places, { clock, connectTimeout: 30 });
    const settled = expect(attempt).rejects.toMatchObject({ code: 'DAEMON_FROZEN' });
    for (let tries = 0; tries < 3; tries += 1) await clock.fireOnce(10);
    await settled;
  });
});

/** Connects until nobody else can. */
async function fill(path: string): Promise<void> {
  for (;;) {
    const socket = connect(path);
    onTestFinished(() => {
      socket.destroy();
    });
    try {
      await once(socket, 'connect');
    } catch (error) {
      expect(error).toMatchObject({ code: 'EAGAIN' });
      return;
    }
  }
}

describe('row 59: nothing is dispatched for', () => {
  const hello = (token: string) => writeHello(INTRODUCTION, token);

  test.each<[string, (token: string) => (string | object)[]]>([
    ['somebody without a hello', () => [request(0), request(1)]],
    ['a hello without a token', () => [{ ...hello(''), params: INTRODUCTION }, request(1)]],
    ['a hello with a wrong token', (token) => [hello(`${token}x`), request(1)]],
    [
      'a token that is no text',
      (token) => [{ ...hello(''), params: { ...INTRODUCTION, token: [token] } }, request(1)],
    ],
    ['a hello that nobody could answer', (token) => [{ ...hello(token), id: undefined }, request(1)]],
    ['a hello by another name', (token) => [{ ...hello(token), method: 'hello' }, request(1)]],
    ['a hello without a version', (token) => [{ ...hello(token), params: { token } }, request(1)]],
    [
      'a hello with another version and a wrong token',
      () => [writeHello({ ...INTRODUCTION, version: '2' }, 'x'), request(1)],
    ],
    ['no JSON', () => ['GET / HTTP/1.1', request(1)]],
    ['null', () => ['null', request(1)]],
    ['a batch', (token) => [[hello(token)], request(1)]],
    ['a hello that is too long', () => ['x'.repeat(20_000)]],
  ])('%s, and all are told the same', async (_, lines) => {
    const places = makePlaces();
    const dispatched: string[] = [];
    const mismatches: unknown[] = [];
    const server = await open(places, {
      handle: (method) => dispatched.push(method),
      onmismatch: (theirs) => mismatches.push(theirs),
    });
    const raw = await connectRaw(places);
    raw.write(...lines(readToken(places) ?? ''));
    await raw.closed;
    expect(raw.messages).toEqual([refused]);
    expect([dispatched, mismatches, server.clients.size]).toEqual([[], [], 0]);
    const { peer } = await call(places);
    await peer.request('good');
    expect(dispatched).toEqual(['good']);
  });

  test('a hello without end', async () => {
    const places = makePlaces();
    await open(places);
    const raw = await connectRaw(places);
    raw.socket.write('x'.repeat(20_000));
    await raw.closed;
    expect(raw.messages).toEqual([refused]);
  });

  test('somebody who says nothing in time', async () => {
    const places = makePlaces();
    const clock = new PatientClock();
    await open(places, { clock, limits: { hello: 700 } });
    const raw = await connectRaw(places);
    raw.socket.write('{"jsonrpc":');
    await clock.fireOnce(700);
    await raw.closed;
    expect(raw.messages).toEqual([refused]);
    const { peer } = await call(places);
    await peer.request('m');
    expect(clock.delays).toEqual([]);
  });

  test('a command with the token of an earlier daemon, which is told plainly', async () => {
    const places = makePlaces();
    await open(places);
    writeToken(places);
    await expect(call(places)).rejects.toMatchObject({ code: 'DAEMON_REFUSED' });
  });
});

test('a hello and what follows it may come in one piece, or byte by byte', async () => {
  const places = makePlaces();
  await open(places);
  const lines = [writeHello(INTRODUCTION, readToken(places) ?? ''), request(1, 'first')];
  const atOnce = await connectRaw(places);
  atOnce.write(...lines);
  expect(await atOnce.answerTo(1)).toMatchObject({ result: { method: 'first' } });
  const slowly = await connectRaw(places);
  for (const byte of Buffer.from(`${lines.map((line) => JSON.stringify(line)).join('\n')}\n`)) {
    await new Promise((resolve) => slowly.socket.write(Buffer.of(byte), resolve));
  }
  expect(await slowly.answerTo(1)).toMatchObject({ result: { method: 'first' } });
});

test('a token that changes while a command dials is read again', async () => {
  const places = makePlaces();
  ensureSafePlaces(places);
  writeToken(places);
  const stand = createServer((socket) => {
    // The next daemon starts just now, and it is the one that this command reaches.
    socket.once('data', () => {
      rmSync(places.socket);
      void open(places).then(() => socket.end(`${JSON.stringify(refused)}\n`));
    });
  });
  stand.listen(`${places.socket}-made`);
  await once(stand, 'listening');
  onTestFinished(() => {
    stand.close();
  });
  renameSync(`${places.socket}-made`, places.socket);
  const { peer } = await call(places);
  expect(await peer.request('m')).toEqual({ method: 'm' });
});

describe('row 52: both learn that they do not belong together:', () => {
  test.each([
    ['another version', { version: '2.0.0' }],
    ['another fingerprint', { fingerprint: 'two' }],
  ])('%s', async (_, other) => {
    const places = makePlaces();
    const mismatches: unknown[] = [];
    const server = await open(places, { onmismatch: (theirs) => mismatches.push(theirs) });
    const theirs = { ...INTRODUCTION, ...other };
    await expect(call(places, other)).rejects.toMatchObject({
      code: 'DAEMON_MISMATCH',
      ours: theirs,
      theirs: INTRODUCTION,
    });
    expect(mismatches).toEqual([theirs]);
    expect(server.clients.size).toBe(0);
  });

  test('another protocol', async () => {
    const places = makePlaces();
    await open(places);
    const raw = await connectRaw(places);
    raw.write(writeHello({ ...INTRODUCTION, protocol: 2 }, readToken(places) ?? ''));
    await raw.closed;
    expect(raw.messages).toMatchObject([{ error: { code: -32011, data: INTRODUCTION } }]);
  });
});

describe('row 60: a command does not believe', () => {
  test.each([
    ['no JSON', 'hello'],
    ['an answer to something else', { jsonrpc: '2.0', id: 0, result: {} }],
    ['a request', request(0)],
    ['an unknown error', { jsonrpc: '2.0', id: 0, error: { code: 1, message: 'no' } }],
    ['a mismatch with nothing', { jsonrpc: '2.0', id: 0, error: { code: -32011, message: 'no' } }],
    ['an answer without end', 'x'.repeat(20_000)],
  ])('%s', async (_, answer) => {
    const places = makePlaces();
    ensureSafePlaces(places);
    writeToken(places);
    const server = createServer((socket) => new RawPeer(socket).write(answer));
    server.listen(places.socket);
    await once(server, 'listening');
    onTestFinished(() => {
      server.close();
    });
    await expect(call(places)).rejects.toMatchObject({ code: 'IPC_PROTOCOL' });
  });

  test('a daemon that says yes, but is another', async () => {
    const places = makePlaces();
    ensureSafePlaces(places);
    writeToken(places);
    const result = { ...INTRODUCTION, version: '3' };
    const server = createServer((socket) => new RawPeer(socket).write({ jsonrpc: '2.0', id: 0, result }));
    server.listen(places.socket);
    await once(server, 'listening');
    onTestFinished(() => {
      server.close();
    });
    await expect(call(places)).rejects.toMatchObject({ code: 'DAEMON_MISMATCH', theirs: result });
  });
});

describe('row 57: both halves refuse, and nothing is sent or unlinked, where', () => {
  test.each<[string, string, (places: Places) => void]>([
    ['the directory is open to others', 'directory', ({ directory }) => chmodSync(directory, 0o750)],
    [
      'the directory is a link',
      'directory',
      ({ directory }) => {
        renameSync(directory, `${directory}-real`);
        symlinkSync(`${directory}-real`, directory);
      },
    ],
    [
      'a file is in the place of the socket',
      'socket',
      ({ socket }) => {
        rmSync(socket);
        writeFileSync(socket, 'mine');
      },
    ],
    [
      'a directory is in the place of the token',
      'token',
      ({ token }) => {
        rmSync(token);
        mkdirSync(token, { mode: 0o700 });
      },
    ],
  ])('%s', async (_, where, spoil) => {
    const places = makePlaces();
    const server = await open(places);
    spoil(places);
    const path = where === 'directory' ? places.directory : where === 'socket' ? places.socket : places.token;
    const { ino } = lstatSync(path);
    await expect(call(places)).rejects.toMatchObject({ code: 'UNSAFE_PLACE', path });
    await expect(open(places)).rejects.toMatchObject({ code: 'UNSAFE_PLACE', path });
    expect(lstatSync(path).ino).toBe(ino);
    expect(server.clients.size).toBe(0);
  });
});

describe('many clients', () => {
  test('are let in up to the limit, and the next one is told so', async () => {
    const places = makePlaces();
    const server = await open(places, { limits: { clients: 2 } });
    const first = await call(places);
    const stranger = await connectRaw(places);
    await expect(call(places)).rejects.toMatchObject({ code: 'DAEMON_BUSY' });
    const [served] = server.clients;
    first.peer.close();
    await served?.closed;
    const { peer } = await call(places);
    expect(await peer.request('m')).toEqual({ method: 'm' });
    expect(stranger.messages).toEqual([]);
  });

  test('are served when they come all at once', async () => {
    const places = makePlaces();
    const server = await open(places);
    const answers = await Promise.all(
      Array.from({ length: 200 }, async (_, index) => {
        const { peer } = await call(places);
        const answer = await peer.request('m', index);
        peer.close();
        return answer;
      }),
    );
    expect(answers).toEqual(answers.map((_, index) => ({ method: 'm', params: index })));
    await server.close();
    expect(server.clients.size).toBe(0);
  });

  test('row 50: do not keep the daemon working when they are killed', async () => {
    const places = makePlaces();
    let signal: AbortSignal | undefined;
    let onwork = () => {};
    const working = new Promise<void>((resolve) => {
      onwork = resolve;
    });
    const server = await open(places, {
      handle: (_, __, context) => {
        signal = context.signal;
        onwork();
        return new Promise(() => {});
      },
    });
    const client = await Told.start('client.mjs', compiled.directory, JSON.stringify(places));
    await working;
    const [served] = server.clients;
    await client.kill();
    await served?.closed;
    expect(signal?.aborted).toBe(true);
    expect([server.clients.size, served?.counts.incoming]).toEqual([0, 0]);
  });

  test('row 51: do not suffer from one that never reads', async () => {
    const places = makePlaces();
    const server = await open(places, { handle: () => 'x'.repeat(50_000), limits: { queue: 500_000 } });
    const lazy = await connectRaw(places);
    lazy.write(writeHello(INTRODUCTION, readToken(places) ?? ''));
    await lazy.answerTo(0);
    const [served] = server.clients;
    lazy.socket.pause();
    const { peer } = await call(places);
    for (let id = 1; id <= 100; id += 1) lazy.write(request(id));
    expect(await served?.closed).toMatchObject({ message: expect.stringContaining('does not read') });
    expect(await peer.request('m')).toHaveLength(50_000);
    expect(server.clients.size).toBe(1);
  });

  test("are not harmed by the owner's own mistakes", async () => {
    const places = makePlaces();
    const faults: unknown[] = [];
    let isFirst = true;
    await open(places, {
      onclient: () => {
        if (!isFirst) return;
        isFirst = false;
        throw new Error('mine');
      },
      onfault: (error) => faults.push(error),
    });
    const first = await call(places);
    await first.peer.closed;
    const { peer } = await call(places);
    expect(await peer.request('m')).toEqual({ method: 'm' });
    expect(faults).toEqual([new Error('mine')]);
  });
});

test('the half of the command is light: it loads nothing of the other, no library and no chart', () => {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const { files, packages } = staticallyReached(
    'src/ipc/dial.ts',
    readSources(root, ['machines', 'src'], '.ts'),
  );
  expect([...packages.keys()].sort()).toEqual(['node:crypto', 'node:fs', 'node:net', 'node:path']);
  const others = ['listen', 'publish', 'ownership', 'processIdentity', 'reap', 'children'];
  expect([...files.keys()].filter((file) => others.some((name) => file.endsWith(`/${name}.ts`)))).toEqual([]);
  expect([...files.keys()].filter((file) => !/^src\/(ipc\/\w+|\w+)\.ts$/.test(file))).toEqual([]);
});
