import { afterAll, beforeAll, expect } from 'vitest';
import { type CompiledSources, compileSources } from '../support/compileSources.js';
import { Host, type HostedConnection } from './host.js';
import { FaultyHttpServer } from './httpServer.js';
import { row } from './row.js';
import type { Scene } from './scene.js';

let compiled: CompiledSources;

beforeAll(async () => {
  compiled = await compileSources();
});

afterAll(() => compiled.remove());

/** A host with one connection and few descriptors: fewer, and Node could not load what it is to run. */
function startStarved(scene: Scene, server: HostedConnection['server']): Promise<Host> {
  const backoffStrategy = { type: 'constant', delay: 20 } as const;
  const retryPolicy = { initialAttempts: 'unlimited', backoffStrategy, jitter: 'none' } as const;
  const connections = [{ server, retryPolicy }];
  return Host.start(scene, compiled, { connections, shell: 'ulimit -n 256; exec "$@"' });
}

row(41, 'before the first session: a process', async (scene) => {
  const host = await startStarved(scene, scene.stdio());
  host.tell('exhaust');
  expect(await host.says('EMFILE')).toBe('EMFILE');
  host.tell('want');
  for (let attempts = 0; attempts < 3; attempts += 1) {
    expect(await host.says('"reconnecting"')).toMatchObject({ error: 'RESOURCES_EXHAUSTED' });
    await host.says('"connecting"');
  }
  host.tell('free');
  await host.says('"connected"');
  host.tell('call');
  await host.says('"pids"');
  expect(scene.executions('pid')).toBe(1);
  await host.leave();
});

row(41, 'between two sessions: a process', async (scene) => {
  const host = await startStarved(scene, scene.stdio());
  host.tell('connect');
  await host.says('"up"');
  host.tell('exhaust');
  await host.says('EMFILE');
  host.tell('crash');
  expect(await host.says('"errors"')).toEqual({
    errors: [{ code: 'CONNECTION_LOST', mayHaveExecuted: true }],
  });
  await host.says('RESOURCES_EXHAUSTED');
  host.tell('free');
  await host.says('"connected"');
  host.tell('call');
  await host.says('"pids"');
  expect(scene.executed()).toEqual(['exit ', 'pid ']);
  await host.leave();
});

row(41, 'before the first session: a connection', async (scene) => {
  const server = await FaultyHttpServer.start(scene);
  const host = await startStarved(scene, { url: server.url });
  host.tell('exhaust');
  await host.says('EMFILE');
  host.tell('want');
  for (let attempts = 0; attempts < 3; attempts += 1) {
    expect(await host.says('"reconnecting"')).toMatchObject({ error: 'RESOURCES_EXHAUSTED' });
    await host.says('"connecting"');
  }
  expect(server.requests).toEqual([]);
  host.tell('free');
  await host.says('"connected"');
  host.tell('call');
  await host.says('"pids"');
  expect(scene.executions('pid')).toBe(1);
  await host.leave();
});
