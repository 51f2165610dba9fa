import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, watch } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { beforeAll, test } from 'vitest';
import { Scene } from './scene.js';

/** What the scene looks at is in /proc. */
const canRun = existsSync('/proc/self/fd');

// What a process opens once and keeps, with its first child, watch and request, is nobody's leak.
beforeAll(async () => {
  await once(spawn(process.execPath, ['--version'], { stdio: 'pipe' }), 'close');
  watch(tmpdir()).close();
  const server = createServer((_, response) => response.end()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  await (await fetch(`http://127.0.0.1:${portOf(server)}`)).text();
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

/**
 * A test of one row of docs/faults.md: makes its fault happen and asserts what the row demands; the scene
 * checks what all rows demand.
 *
 * @param number of the row
 * @param fault what goes wrong in this test
 */
export function row(number: number, fault: string, play: (scene: Scene) => Promise<void>): void {
  scene(`row ${number}: ${fault}`, play);
}

/** A test of anything else that must leave everything as it was, as the rows must. */
export function scene(name: string, play: (scene: Scene) => Promise<void>): void {
  test(name, async ({ skip }) => {
    if (!canRun) skip('what a process holds can be seen on Linux only');
    const scene = new Scene();
    try {
      await play(scene);
    } catch (error) {
      // What the row itself found wrong explains the rest.
      scene.killAll();
      await scene.end().catch(() => {});
      throw error;
    }
    await scene.end();
  });
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server does not listen');
  return address.port;
}
