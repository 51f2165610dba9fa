/** Pools, with real processes. */
import { expect } from 'vitest';
import { errorOf } from '../connection/support.js';
import { textOf } from '../transports/stdio/support.js';
import { row, scene } from './row.js';

const once = (text: string) => ({ name: 'together', arguments: { count: 1, text } });
/** Waits for a second one. */
const held = (text: string) => ({ name: 'together', arguments: { count: 2, text } });

row(42, 'one more than there are places: the idle one goes, and has ended before', async (scene) => {
  const server = scene.stdio();
  const pool = scene.pool({ servers: { a: server, b: server, c: server }, maxConnections: 2 }, 2);
  const a = await pool.get('a');
  const b = await pool.get('b');
  const inFlight = scene.call(a.callTool(held('of a')));
  const old = Number(textOf(await scene.call(b.callTool({ name: 'pid' }))));
  expect(scene.mark.pids).toHaveLength(2);

  const c = await pool.get('c');
  expect(scene.mark.pids).not.toContain(old);
  expect(b.state.status).toBe('terminated');
  expect(scene.mark.pids).toHaveLength(2);
  expect(pool.stats).toMatchObject({ total: 2, evicted: 1, created: 3 });

  // The one in use was left alone, and its call finishes.
  await scene.call(a.callTool(held('of a, too')));
  expect(textOf(await inFlight)).toBe('of a');
  await scene.call(c.callTool(once('of c')));
});

row(42, 'one more than there are places: all are in use', async (scene) => {
  const server = scene.stdio();
  const pool = scene.pool({ servers: { a: server, b: server }, maxConnections: 1 }, 1);
  const a = await pool.get('a');
  const inFlight = scene.call(a.callTool(held('first')));
  expect(await errorOf(pool.get('b'))).toMatchObject({
    code: 'POOL_FULL',
    message: expect.stringContaining('1 of 1 places taken, 1 in use'),
  });
  expect(scene.sessionsOpened).toBe(1);
  await scene.call(a.callTool(held('second')));
  expect(textOf(await inFlight)).toBe('first');
  // Then there is a place.
  expect((await pool.get('b')).state.status).toBe('connected');
});

row(43, 'a hundred gets of one cold name, half of which are cancelled', async (scene) => {
  const pool = scene.pool({ servers: { a: scene.stdio() } }, 1);
  const controllers = Array.from({ length: 50 }, () => new AbortController());
  const gets = Array.from({ length: 100 }, (_, index) =>
    pool.get('a', index % 2 === 0 ? { signal: controllers[index / 2]?.signal } : {}),
  );
  const outcomes = Promise.allSettled(gets);
  await scene.until(() => scene.sessionsOpened > 0);
  for (const controller of controllers) controller.abort();
  const settled = await outcomes;
  const served = settled.filter((outcome) => outcome.status === 'fulfilled');
  const cancelled = settled.filter((outcome) => outcome.status === 'rejected');
  expect(new Set(served.map(({ value }) => value)).size).toBe(1);
  expect([served.length, cancelled.length]).toEqual([50, 50]);
  expect(cancelled.map(({ reason }) => reason.name)).toEqual(Array.from({ length: 50 }, () => 'AbortError'));
  expect(scene.sessionsOpened).toBe(1);
  expect(scene.mark.pids).toHaveLength(1);
  expect(pool.stats.gets).toEqual({ accepted: 100, succeeded: 50, failed: 0, cancelled: 50, waiting: 0 });
});

row(44, 'replaced while it is checked: the old one ends before the new one is visible', async (scene) => {
  const pool = scene.pool({ servers: { a: scene.stdio() }, freshness: 0 }, 1);
  const old = await pool.get('a');
  const pid = Number(textOf(await scene.call(old.callTool({ name: 'pid' }))));
  const { manager } = scene.connection({ server: scene.stdio() });
  await manager.connect();

  const checked = pool.get('a');
  const put = pool.put('a', manager);
  const later = pool.get('a');
  const seen: number[][] = [];
  for (const get of [checked, later, put]) {
    void get.then(() => seen.push(scene.mark.pids));
  }
  expect(await Promise.all([checked, later])).toEqual([manager, manager]);
  await put;
  expect(seen).toHaveLength(3);
  for (const pids of seen) expect(pids).not.toContain(pid);
  expect(old.state.status).toBe('terminated');
  expect(scene.mark.pids).toHaveLength(1);
});

scene('what nobody uses for long enough ends, with its process', async (scene) => {
  const pool = scene.pool({ servers: { a: scene.stdio() }, idleTimeout: 20 }, 1);
  const first = Number(textOf(await scene.call((await pool.get('a')).callTool({ name: 'pid' }))));
  await scene.until(() => pool.stats.total === 0);
  expect(scene.mark.pids).toEqual([]);
  expect(pool.stats).toMatchObject({ total: 0, evicted: 1 });
  const again = await scene.call((await pool.get('a')).callTool({ name: 'pid' }));
  expect(Number(textOf(again))).not.toBe(first);
  expect(pool.stats.created).toBe(2);
});

scene('a pool that drains lets calls finish, and leaves no process behind', async (scene) => {
  const server = scene.stdio();
  const pool = scene.pool({ servers: { a: server, b: server } }, 2);
  const [a] = await Promise.all([pool.get('a'), pool.get('b')]);
  const inFlight = scene.call(a.callTool(held('first')));
  const drained = pool.drain();
  expect(await errorOf(pool.get('a'))).toMatchObject({ code: 'POOL_CLOSED' });
  await scene.call(a.callTool(held('second')));
  expect(textOf(await inFlight)).toBe('first');
  await drained;
  expect(scene.mark.pids).toEqual([]);
});
