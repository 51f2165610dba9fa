/** The scene sees what a row leaves behind: each condition is broken once. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { expect, test, vi } from 'vitest';
import { ConnectionError } from '../../src/errors.js';
import { McpSession } from '../../src/session/mcpSession.js';
import { Scene } from './scene.js';

/** What the scene says at its end, without patience. */
async function verdict(play: (scene: Scene) => unknown): Promise<string> {
  const scene = new Scene(0);
  await play(scene);
  try {
    await scene.end();
  } catch (error) {
    return String(error);
  }
  return 'fine';
}

const idle = () => new Promise<never>(() => {});

test('nothing happened', async () => {
  expect(await verdict(() => {})).toBe('fine');
});

test('a timer runs on', async () => {
  let timer: NodeJS.Timeout | undefined;
  const said = await verdict(() => {
    timer = setTimeout(idle, 60_000);
  });
  expect(said).toContain('active Timeout (1 more)');
  clearTimeout(timer);
});

test('a socket is open', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server does not listen');
  const said = await verdict(() => once(connect(address.port, '127.0.0.1').unref(), 'connect'));
  expect(said).toContain('descriptor of socket:');
  server.close();
});

test('a listener stays', async () => {
  const listener = () => {};
  expect(await verdict(() => void process.on('SIGUSR2', listener))).toContain('listener of SIGUSR2');
  process.off('SIGUSR2', listener);
});

test('a process lives', async () => {
  const said = await verdict(async ({ mark }) => {
    const child = spawn('sleep', ['60'], { stdio: 'ignore', env: { ...process.env, ...mark.env } });
    child.unref();
    await once(child, 'spawn');
  });
  expect(said).toMatch(/process \d+|ProcessWrap/);
});

test('a timer runs on a clock of the row', async () => {
  expect(await verdict((scene) => void scene.clock().setTimeout(() => {}, 5))).toContain('a timer of 5 ms');
});

test('executions are counted, the last one too', async () => {
  const scene = new Scene();
  const { manager } = scene.connection({ server: scene.stdio() });
  await manager.connect();
  expect(scene.executions('pid')).toBe(0);
  await scene.call(manager.callTool({ name: 'pid', arguments: { key: 'a' } }));
  await scene.call(manager.callTool({ name: 'pid' }));
  expect([scene.executions('pid', 'a'), scene.executions('pid')]).toEqual([1, 1]);
  await scene.end();
});

test('a warning, and a rejection that nobody handles', async () => {
  const rejection = new Error('nobody handles it');
  const said = await verdict(() => {
    for (const listener of process.listeners('warning').slice(-1)) listener(new Error('beware'));
    for (const listener of process.listeners('unhandledRejection').slice(-1)) {
      listener(rejection, Promise.resolve());
    }
  });
  expect(said).toContain('warning: Error: beware');
  expect(said).toContain('unhandled rejection: Error: nobody handles it');
});

test('a call does not settle', async () => {
  expect(await verdict((scene) => void scene.call(idle()))).toContain('a call that never settled');
});

test.each([
  [new Error('boom'), 'does not say whether the call may have been executed'],
  [new ConnectionError('PROCESS_EXITED', 'it exited'), 'does not name the server'],
  ['boom', 'rejected with boom'],
])('a call rejects with %s', async (error, expected) => {
  const said = await verdict((scene) => scene.call(Promise.reject(error)).catch(() => {}));
  expect(said).toContain(expected);
});

test('a session is never closed, and the next one opens beside it', async () => {
  const scene = new Scene(0);
  const { manager } = scene.connection({ server: scene.stdio() });
  await manager.connect();
  const forgetful = vi.spyOn(McpSession.prototype, 'close').mockResolvedValue();
  await manager.reconnect();
  forgetful.mockRestore();
  await expect(scene.end()).rejects.toThrow('2 live sessions of 1 connections');
});
