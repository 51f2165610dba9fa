import { expect } from 'vitest';
import { errorOf } from '../connection/support.js';
import { row } from './row.js';

row(5, 'the server crashes during a call', async (scene) => {
  const { manager, statuses } = scene.connection({ server: scene.stdio() });
  await manager.connect();
  const error = await errorOf(scene.call(manager.callTool({ name: 'exit', arguments: { code: 3 } })));
  expect(error).toMatchObject({
    name: 'ConnectionLostError',
    mayHaveExecuted: true,
    server: 'peer',
    cause: { code: 'PROCESS_EXITED', details: { exitCode: 3 } },
  });
  await manager.waitFor('connected');
  await scene.call(manager.callTool({ name: 'pid' }));
  expect(scene.executions('exit')).toBe(1);
  expect(statuses()).toEqual(['connecting', 'connected', 'reconnecting', 'connecting', 'connected']);
});
