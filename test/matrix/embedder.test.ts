/** The embedder's code beside the connection throws. */
import { expect, vi } from 'vitest';
import { ConnectionError } from '../../src/errors.js';
import { errorOf } from '../connection/support.js';
import { LateTransport } from './lateTransport.js';
import { row } from './row.js';
import type { Scene } from './scene.js';

const echo = { name: 'echo', arguments: { text: 'here' } };

const broken = () => {
  throw new Error('broken');
};

row(
  37,
  'listeners, the logger and an inspector throw, at every turn of a session and the next',
  async (scene) => {
    const warned: string[] = [];
    const { manager, statuses } = scene.connection({
      server: scene.stdio(),
      inspect: broken,
      logger: {
        debug: broken,
        warn: (message) => {
          warned.push(message);
          broken();
        },
      },
    });
    const told = { state: vi.fn(), health: vi.fn(), call: vi.fn(), notification: vi.fn() };
    for (const event of ['state', 'health', 'call', 'notification'] as const) {
      manager.on(event, broken);
      manager.on(event, vi.fn().mockRejectedValue(new Error('broken')));
      manager.on(event, told[event]);
    }
    await manager.connect();
    await scene.call(manager.callTool({ name: 'burst', arguments: { count: 3 } }));
    expect(
      await errorOf(scene.call(manager.callTool({ name: 'exit', arguments: { code: 1 } }))),
    ).toMatchObject({
      mayHaveExecuted: true,
    });
    await manager.waitFor('connected');
    await scene.call(manager.callTool(echo));
    expect(statuses()).toEqual(['connecting', 'connected', 'reconnecting', 'connecting', 'connected']);
    expect(manager.actor.getSnapshot().status).toBe('active');
    expect(told.health.mock.calls.map(([health]) => health?.status)).toEqual([
      'healthy',
      'unhealthy',
      'healthy',
    ]);
    expect(told.call.mock.calls.map(([{ outcome }]) => outcome)).toEqual([
      'succeeded',
      'failed',
      'succeeded',
    ]);
    expect(
      told.notification.mock.calls.filter(([{ method }]) => method === 'notifications/burst'),
    ).toHaveLength(3);
    for (const event of Object.keys(told))
      expect(warned.join('\n')).toContain(`a listener of '${event}' threw`);
  },
);

row(37, 'a question of the embedder throws', async (scene) => {
  let answers = 1;
  const { manager, statuses } = scene.connection({
    server: scene.stdio(),
    healthCheck: {
      failureThreshold: 1,
      probe: () => {
        answers -= 1;
        return answers >= 0 ? Promise.resolve() : broken();
      },
    },
  });
  await manager.connect();
  const unhealthy = { status: 'unhealthy', reason: expect.stringContaining('broken') };
  expect(await manager.checkHealth()).toEqual(unhealthy);
  expect(statuses()).toContain('reconnecting');
  answers = 1;
  await manager.waitFor('connected');
  await scene.call(manager.callTool(echo));
  expect(manager.actor.getSnapshot().status).toBe('active');
});

type Given = Partial<Parameters<Scene['connection']>[0]>;

/** What the embedder gave throws wherever it is asked, until it does not. */
async function failAndRecover(scene: Scene, given: (ask: () => void) => Given): Promise<string> {
  let isBroken = true;
  const { manager } = scene.connection({
    server: scene.stdio(),
    ...given(() => {
      if (isBroken) broken();
    }),
  });
  const error = await errorOf(manager.connect());
  expect(manager.state).toMatchObject({ status: 'failed' });
  expect(manager.actor.getSnapshot().status).toBe('active');
  expect(scene.mark.pids).toEqual([]);
  isBroken = false;
  await manager.connect();
  await scene.call(manager.callTool(echo));
  return error instanceof ConnectionError ? error.code : String(error);
}

row(37, 'the configuration of clients throws', async (scene) => {
  expect(await failAndRecover(scene, (ask) => ({ configureClient: ask }))).toBe('INTERNAL_ERROR');
});

row(37, 'the gate throws', async (scene) => {
  const gate = (ask: () => void) => ({
    gate: {
      enter: async () => {
        ask();
        return () => {};
      },
    },
  });
  expect(await failAndRecover(scene, gate)).toBe('INTERNAL_ERROR');
});

row(37, 'the gate throws when its turn is given back', async (scene) => {
  const { manager } = scene.connection({ server: scene.stdio(), gate: { enter: async () => broken } });
  await manager.connect();
  await scene.call(manager.callTool(echo));
});

row(37, 'the maker of transports throws', async (scene) => {
  const server = (ask: () => void) => ({
    server: () => {
      ask();
      return new LateTransport(scene.stdio());
    },
  });
  expect(await failAndRecover(scene, server)).toBe('TRANSPORT_FAILED');
});

for (const [how, random] of [
  ['throws', broken],
  ['gives what is no number between 0 and 1', () => Number.NaN],
] as const) {
  row(37, `chance ${how}`, async (scene) => {
    const { manager } = scene.connection({
      server: scene.stdio(),
      random,
      retryPolicy: { backoffStrategy: { type: 'constant', delay: 20 }, jitter: 'full', minDelay: 10 },
    });
    await manager.connect();
    await errorOf(scene.call(manager.callTool({ name: 'exit', arguments: { code: 1 } })));
    await manager.waitFor('connected');
    await scene.call(manager.callTool(echo));
    const { backoffDelay } = manager.actor.getSnapshot().context;
    expect(backoffDelay).toBeGreaterThanOrEqual(10);
    expect(backoffDelay).toBeLessThanOrEqual(20);
  });
}
