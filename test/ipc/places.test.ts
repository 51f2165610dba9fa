import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  longestSocketPath,
  type Places,
  placesFor,
  runtimeDirectory,
  type Surroundings,
} from '../../src/ipc/places.js';
import { publish } from '../../src/ipc/publish.js';
import { makeDirectory } from './support.js';

const linux: Surroundings = {
  env: {},
  platform: 'linux',
  user: '1000',
  temporary: '/tmp',
  isOwnDirectory: (path) => path === '/run/user/1000',
  processSpace: 'pid:[1]',
};

const within = (env: Surroundings['env'], rest: Partial<Surroundings> = {}) => ({ ...linux, ...rest, env });
const overridden = (directory: string, rest: Partial<Surroundings> = {}) =>
  placesFor('one', within({ MCP_LIFELINE_RUNTIME_DIR: directory }, rest));
const pathsOf = ({ socket, token, lock, log, children }: Places) => [socket, token, lock, log, children];

describe('the runtime directory', () => {
  test.each([
    ['as it is told', { MCP_LIFELINE_RUNTIME_DIR: '/a', XDG_RUNTIME_DIR: '/run/user/1000' }, '/a'],
    ['in the one of the system', { XDG_RUNTIME_DIR: '/run/user/1000' }, '/run/user/1000/mcp-lifeline'],
    ['of the user alone, where all have one', {}, '/tmp/mcp-lifeline-1000'],
    [
      'elsewhere than empty variables say',
      { XDG_RUNTIME_DIR: '', MCP_LIFELINE_RUNTIME_DIR: '' },
      '/tmp/mcp-lifeline-1000',
    ],
    ['elsewhere than where nothing of ours is', { XDG_RUNTIME_DIR: '/run/user/0' }, '/tmp/mcp-lifeline-1000'],
    ['elsewhere than a relative path of the system', { XDG_RUNTIME_DIR: 'run' }, '/tmp/mcp-lifeline-1000'],
  ])('is %s', (_, env, expected) => {
    expect(runtimeDirectory(within(env))).toBe(expected);
  });

  test.each(['run', '../run', '/run\0'])('is not %j', (directory) => {
    expect(() => overridden(directory)).toThrowError(
      expect.objectContaining({ code: 'CONFIG_INVALID', field: 'MCP_LIFELINE_RUNTIME_DIR' }),
    );
  });
});

describe('the places of a daemon', () => {
  test('are the same for the same, and others for others', () => {
    const paths = pathsOf(overridden('/run/x'));
    expect(new Set(paths).size).toBe(5);
    expect(pathsOf(overridden('/run/x'))).toEqual(paths);
    const env = { MCP_LIFELINE_RUNTIME_DIR: '/run/x' };
    for (const other of [
      placesFor('two', within(env)),
      placesFor('one', within(env, { processSpace: 'pid:[2]' })),
      overridden('/run/y'),
    ]) {
      expect(pathsOf(other).filter((path) => paths.includes(path))).toEqual([]);
    }
  });

  test.each(['../x', '/etc/passwd', 'a\nb\0c', '', '\u001b[2J', 'x'.repeat(300)])(
    'row 62: are not named by the fingerprint %j',
    (fingerprint) => {
      const places = placesFor(fingerprint, within({ MCP_LIFELINE_RUNTIME_DIR: '/run/x' }));
      for (const path of pathsOf(places)) expect(path).toMatch(/^\/run\/x\/[0-9a-f]{20}\.[a-z]+$/);
    },
  );

  test('row 56: have a socket elsewhere when its path would be too long for one', () => {
    const short = overridden(`/${'s'.repeat(71)}`);
    expect(dirname(short.socket)).toBe(short.directory);
    const [one, other] = [overridden(`/${'s'.repeat(73)}`), overridden(`/${'t'.repeat(73)}`)];
    for (const places of [one, other]) {
      expect(places.socketDirectory).toBe('/tmp/mcp-lifeline-1000');
      expect(dirname(places.socket)).toBe(places.socketDirectory);
      expect(dirname(places.token)).toBe(places.directory);
    }
    expect(one.socket).not.toBe(other.socket);
  });

  test('row 56: count bytes, and fewer where the system takes fewer', () => {
    expect(overridden(`/${'ä'.repeat(36)}`).socketDirectory).toBe('/tmp/mcp-lifeline-1000');
    const long = `/${'s'.repeat(70)}`;
    expect(overridden(long).socketDirectory).toBe(long);
    expect(overridden(long, { platform: 'darwin' }).socketDirectory).toBe('/tmp/mcp-lifeline-1000');
  });

  test('have a pipe on Windows', () => {
    const { socket } = overridden('/run/x', { platform: 'win32' });
    expect(socket).toMatch(/^\\\\\.\\pipe\\mcp-lifeline-[0-9a-f]{20}$/);
  });

  test('row 56: are refused by who publishes a socket when they are too long all the same', async () => {
    const limit = longestSocketPath(process.platform);
    const directory = makeDirectory();
    // The name before it is published is 9 bytes longer.
    const name = (bytes: number) => join(directory, 'x'.repeat(bytes - directory.length - 10));
    const server = createServer();
    const publication = await publish(server, { socket: name(limit) });
    expect(publication.isStillMine()).toBe(true);
    server.close();
    await expect(publish(createServer(), { socket: name(limit + 1) })).rejects.toMatchObject({
      code: 'UNSAFE_PLACE',
      found: `${limit + 1} bytes`,
      expected: `at most ${limit} bytes`,
    });
  });
});
