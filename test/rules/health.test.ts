/** Health tells the truth of real servers: what is late is not dead, and what is dead is left. */
import { expect } from 'vitest';
import { errorOf } from '../connection/support.js';
import { scene } from '../matrix/row.js';
import type { Scene, Subject } from '../matrix/scene.js';
import { connect, tool } from './rules.js';

const quickProbes = { interval: 20, timeout: 500, confirmAfter: 20, failureThreshold: 3 };

/** Calls, one after the other, until there is no need for more. */
async function callUntil(scene: Scene, manager: Subject['manager'], isEnough: () => boolean): Promise<void> {
  while (!isEnough()) await scene.call(manager.callTool(tool('echo', 'again')));
}

scene('an overloaded server that still answers calls is degraded, and not left', async (scene) => {
  const { manager, statuses } = await connect(scene, { healthCheck: quickProbes });
  const health: unknown[] = [];
  manager.on('health', (now) => health.push(now));
  await scene.call(manager.callTool(tool('overload', '', { is: true })));
  const checked = manager.checkHealth();
  // More late answers in a row than failures would be forgiven.
  await callUntil(scene, manager, () => manager.stats.probes.failed > quickProbes.failureThreshold);
  const late = { status: 'degraded', reason: 'alive, but no answer within 500 ms' };
  expect(await checked).toEqual(late);
  expect(manager.health).toEqual(late);
  await scene.call(manager.callTool(tool('overload', '', { is: false })));
  await manager.checkHealth();
  await scene.until(() => manager.health?.status === 'healthy');
  expect(health).toEqual([late, { status: 'healthy' }]);
  expect(statuses()).toEqual(['connecting', 'connected']);
  expect(scene.executions('overload')).toBe(2);
});

scene('one that answers nothing at all any more is left', async (scene) => {
  const { manager, statuses } = await connect(scene, { healthCheck: quickProbes });
  const pending = errorOf(scene.call(manager.callTool(tool('hold', 'a'))));
  await scene.call(manager.callTool(tool('overload', '', { is: true })));
  expect(await pending).toMatchObject({ name: 'ConnectionLostError', cause: { code: 'UNHEALTHY' } });
  await manager.waitFor('connected');
  expect(statuses()).toEqual(['connecting', 'connected', 'reconnecting', 'connecting', 'connected']);
  expect(manager.stats.disconnects).toEqual({ UNHEALTHY: 1 });
  expect(scene.executions('hold', 'a')).toBe(1);
});
