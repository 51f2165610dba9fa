/** The program with the connections does not run for a while. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { type CompiledSources, compileSources } from '../support/compileSources.js';
import { Host, type HostedConnection } from './host.js';
import { row } from './row.js';
import type { Scene } from './scene.js';

let compiled: CompiledSources;

beforeAll(async () => {
  compiled = await compileSources();
});

afterAll(() => compiled.remove());

/** Milliseconds; longer than the limit of a probe in these tests. */
const SLEEP = 2_100;

/** A connection to a server, with a program before it that writes down what it is sent. */
function recorded(
  scene: Scene,
  name: string,
  healthCheck: HostedConnection['healthCheck'],
): HostedConnection {
  const { command, args, env } = scene.stdio();
  const shell = `tee "$0" | exec "$@"`;
  return {
    server: { command: 'sh', args: ['-c', shell, join(scene.folder, name), command, ...args], env },
    healthCheck,
  };
}

/** Pings that were sent to the server so far. */
function pings(scene: Scene, name: string): number {
  return readFileSync(join(scene.folder, name), 'utf8').split('"method":"ping"').length - 1;
}

/** The fault itself: for so long the host does not run. */
async function sleep(host: Host): Promise<void> {
  host.signal('SIGSTOP');
  await new Promise((resolve) => setTimeout(resolve, SLEEP));
  host.signal('SIGCONT');
}

/** Statuses of all connections, in order, that the host has told. */
const statuses = (host: Host) =>
  host.said.flatMap((said) =>
    typeof said === 'object' && said !== null && 'status' in said && !('phase' in said) ? [said.status] : [],
  );

/** Calls all servers: what was written to them before is written down then. Their processes. */
async function call(host: Host): Promise<number[]> {
  host.tell('call');
  const said = await host.says('"pids"');
  if (typeof said !== 'object' || said === null || !('pids' in said)) throw new Error('it said no pids');
  return Array.isArray(said.pids) ? said.pids : [];
}

row(38, 'three connections, none of them due for a probe', async (scene) => {
  const names = ['first', 'second', 'third'];
  const healthCheck = { interval: 60_000, timeout: 1_000, failureThreshold: 1 };
  const connections = names.map((name, index) => ({
    ...recorded(scene, name, healthCheck),
    random: index / 10,
  }));
  const host = await Host.start(scene, compiled, { connections });
  host.tell('connect');
  await host.says('"up"');
  await call(host);
  expect(names.map((name) => pings(scene, name))).toEqual([1, 1, 1]);
  await sleep(host);
  for (const _ of names) expect(await host.says('"probe"')).toMatchObject({ probe: 'answered' });
  await call(host);
  expect(names.map((name) => pings(scene, name))).toEqual([2, 2, 2]);
  expect(statuses(host)).toEqual(['connected', 'connected', 'connected']);
  await host.leave();
});

row(38, 'a probe is under way, whose limit passes meanwhile', async (scene) => {
  const healthCheck = { interval: 60_000, timeout: 1_000, failureThreshold: 1 };
  const connections = [{ ...recorded(scene, 'only', healthCheck), random: 0 }];
  const host = await Host.start(scene, compiled, { connections });
  host.tell('connect');
  await host.says('"up"');
  const [server = 0] = await call(host);
  process.kill(server, 'SIGSTOP');
  host.tell('check');
  await scene.until(() => pings(scene, 'only') === 2);
  await sleep(host);
  // The host sees that the limit has passed before there is an answer.
  process.kill(server, 'SIGCONT');
  expect(await host.says('"probe"')).toMatchObject({ probe: 'answered' });
  await call(host);
  expect(pings(scene, 'only')).toBeLessThanOrEqual(3);
  expect(statuses(host)).toEqual(['connected']);
  await host.leave();
});
