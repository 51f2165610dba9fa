import { once } from 'node:events';
import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { publish } from '../../src/ipc/publish.js';
import { takeAway } from '../../src/ipc/takeAway.js';
import { makeDirectory, Told, withUmask } from './support.js';

const makePath = () => join(makeDirectory(), 'socket');

/** A server that says its name to whoever connects. */
function makeServer(name: string): Server {
  const server = createServer((socket) => socket.on('error', () => {}).end(name));
  onTestFinished(() => {
    server.close();
  });
  return server;
}

/** Who listens at the path; the code of the error if nobody does. */
async function whoIsAt(path: string): Promise<string> {
  const socket = connect({ path });
  let said = '';
  socket.setEncoding('utf8').on('data', (text) => {
    said += text;
  });
  try {
    await once(socket, 'end');
    return said;
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : 'an error';
  } finally {
    socket.destroy();
  }
}

async function close(server: Server): Promise<void> {
  server.close();
  await once(server, 'close');
}

/** The socket of a daemon that was killed. */
async function leaveStale(path: string): Promise<void> {
  const server = createServer();
  server.listen(`${path}-made`);
  await once(server, 'listening');
  renameSync(`${path}-made`, path);
  await close(server);
}

describe('a published socket', () => {
  test('row 58: is 0600 under umask 000, and all there is', async () => {
    const path = makePath();
    const published = withUmask(0, () => publish(makeServer('one'), { socket: path }));
    const publication = await published;
    expect(lstatSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(path, '..'))).toEqual(['socket']);
    expect(publication.isStillMine()).toBe(true);
    expect(await whoIsAt(path)).toBe('one');
  });

  test('row 45: takes the place of one that nobody listens on', async () => {
    const path = makePath();
    await leaveStale(path);
    await leaveStale(`${path}~12345678`);
    expect(await whoIsAt(path)).toBe('ECONNREFUSED');
    await publish(makeServer('one'), { socket: path });
    expect(await whoIsAt(path)).toBe('one');
    expect(readdirSync(join(path, '..'))).toEqual(['socket']);
  });

  test('is taken away by its server, and then is not its own', async () => {
    const path = makePath();
    const publication = await publish(makeServer('one'), { socket: path });
    publication.withdraw();
    expect(readdirSync(join(path, '..'))).toEqual([]);
    expect(publication.isStillMine()).toBe(false);
    publication.withdraw();
  });

  test('row 47: survives the late end of the server before it', async () => {
    const path = makePath();
    const [first, second] = [makeServer('first'), makeServer('second')];
    const superseded = await publish(first, { socket: path });
    const successor = await publish(second, { socket: path });
    expect([superseded.isStillMine(), successor.isStillMine()]).toEqual([false, true]);
    superseded.withdraw();
    await close(first);
    expect(successor.isStillMine()).toBe(true);
    expect(await whoIsAt(path)).toBe('second');
  });

  test('row 47: survives even a server that only closes: Node removes nothing but the name that it was bound to', async () => {
    const path = makePath();
    const first = makeServer('first');
    await publish(first, { socket: path });
    await publish(makeServer('second'), { socket: path });
    await close(first);
    expect(await whoIsAt(path)).toBe('second');
  });

  test('is there all the time while one server replaces another', async () => {
    const path = makePath();
    await publish(makeServer('some'), { socket: path });
    const lookers = await Promise.all([1, 2].map(() => Told.start('looker.mjs', path)));
    for (let round = 0; round < 300; round += 1) await publish(makeServer('some'), { socket: path });
    for (const looker of lookers) looker.say('stop');
    for (const looker of lookers) expect(await looker.answer()).toEqual(['connected']);
  });

  test('is seen to be gone, or another', async () => {
    const path = makePath();
    const publication = await publish(makeServer('one'), { socket: path });
    rmSync(path);
    expect(publication.isStillMine()).toBe(false);
    writeFileSync(path, 'another');
    publication.withdraw();
    expect(readFileSync(path, 'utf8')).toBe('another');
  });

  test.each([
    ['a file', (path: string) => writeFileSync(path, 'mine')],
    ['a directory', (path: string) => mkdirSync(path)],
    ['a symbolic link', (path: string) => symlinkSync('elsewhere', path)],
  ])('row 57: does not take the place of %s', async (found, put) => {
    const path = makePath();
    put(path);
    const { ino } = lstatSync(path);
    const server = makeServer('one');
    await expect(publish(server, { socket: path })).rejects.toMatchObject({
      code: 'UNSAFE_PLACE',
      path,
      found,
    });
    expect(lstatSync(path).ino).toBe(ino);
    expect(server.listening).toBe(false);
    expect(readdirSync(join(path, '..'))).toEqual(['socket']);
  });

  test('is not made where there is no directory', async () => {
    const path = join(makeDirectory(), 'none', 'socket');
    await expect(publish(makeServer('one'), { socket: path })).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('row 47: what is taken away', () => {
  test('is put back when it turns out to be another one', () => {
    const path = makePath();
    writeFileSync(path, 'successor');
    takeAway(path, () => false);
    expect(readFileSync(path, 'utf8')).toBe('successor');
    expect(readdirSync(join(path, '..'))).toEqual(['socket']);
  });

  test('is not put back where there is a newer one by then', () => {
    const path = makePath();
    writeFileSync(path, 'successor');
    takeAway(path, () => {
      writeFileSync(path, 'newest');
      return false;
    });
    expect(readFileSync(path, 'utf8')).toBe('newest');
    expect(readdirSync(join(path, '..'))).toEqual(['socket']);
  });

  test('may be gone, or its own', () => {
    const path = makePath();
    takeAway(path, () => false);
    writeFileSync(path, 'mine');
    takeAway(path, () => true);
    expect(readdirSync(join(path, '..'))).toEqual([]);
  });
});
