import { existsSync, readFileSync, readlinkSync } from 'node:fs';
import { expect } from 'vitest';
import { StdioTransport } from '../../src/transports/stdio/stdioTransport.js';
import { errorOf } from '../connection/support.js';
import { exists, textOf } from '../transports/stdio/support.js';
import { row } from './row.js';
import type { Scene } from './scene.js';

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

row(6, 'a process outside of its group holds the stdout of a dead server', async (scene) => {
  const { manager } = scene.connection({ server: scene.stdio() });
  await manager.connect();
  const started = await scene.call(manager.callTool({ name: 'child', arguments: { stray: true } }));
  const holder = Number(textOf(started));
  scene.onEnd(() => process.kill(holder, 'SIGKILL'));
  const stdout = readlinkSync(`/proc/${holder}/fd/1`);
  expect(stdout).toBe(readlinkSync(`/proc/${scene.mark.leader}/fd/1`));

  const error = await errorOf(
    scene.call(manager.callTool({ name: 'kill', arguments: { signal: 'SIGKILL' } })),
  );
  expect(error).toMatchObject({
    name: 'ConnectionLostError',
    mayHaveExecuted: true,
    cause: { code: 'PROCESS_EXITED', details: { signal: 'SIGKILL' } },
  });
  await manager.waitFor('connected');
  expect(scene.executions('kill')).toBe(1);
  // It would have held it for as long as it lives.
  expect(readlinkSync(`/proc/${holder}/fd/1`)).toBe(stdout);
  expect(scene.mark.pids).toContain(holder);
});

/** Orphans that wait for the system to bury them look alive: at the end of the row they get little time. */
const impatient = (server: ReturnType<Scene['stdio']>) => () =>
  new StdioTransport({ ...server, ladder: { endInput: 20, terminate: 20 } });

row(6, 'a process in its group outlives the server, and holds its stdout', async (scene) => {
  const { manager } = scene.connection({ server: impatient(scene.stdio('--child')) });
  await manager.connect();
  const before = scene.mark.pids;
  expect(before).toHaveLength(2);
  process.kill(scene.mark.leader, 'SIGKILL');
  await manager.waitFor('reconnecting');
  await manager.waitFor('connected');
  expect(scene.mark.pids.filter((pid) => before.includes(pid))).toEqual([]);
  expect(manager.stats.disconnects).toEqual({ PROCESS_EXITED: 1 });
});

/** A server that a shell has started and waits for. */
function wrapped(scene: Scene, ...faults: string[]): ReturnType<Scene['stdio']> {
  const { command, args, env } = scene.stdio(...faults);
  const words = [command, ...args].map((word) => `'${word}'`).join(' ');
  return { command: 'sh', args: ['-c', `exec 3<&0; ${words} <&3 & wait`], env };
}

row(7, 'the wrapper of a server dies', async (scene) => {
  const { manager } = scene.connection({ server: wrapped(scene) });
  await manager.connect();
  const server = Number(textOf(await scene.call(manager.callTool({ name: 'pid' }))));
  expect(scene.mark.others).toEqual([server]);
  const call = errorOf(scene.call(manager.callTool({ name: 'never' })));
  process.kill(scene.mark.leader, 'SIGKILL');
  expect(await call).toMatchObject({ mayHaveExecuted: true, cause: { code: 'PROCESS_EXITED' } });
  await manager.waitFor('connected');
  expect(scene.mark.pids).not.toContain(server);
  expect(scene.mark.pids).toHaveLength(2);
  expect(scene.executions('never')).toBeLessThanOrEqual(1);
});

row(7, 'what a wrapper has started ignores everything but SIGKILL', async (scene) => {
  const server = wrapped(scene, '--ignore-end', '--ignore-term');
  const { manager } = scene.connection({ server: impatient(server) });
  await manager.connect();
  const before = scene.mark.pids;
  expect(before).toHaveLength(2);
  process.kill(scene.mark.leader, 'SIGTERM');
  await manager.waitFor('reconnecting');
  await manager.waitFor('connected');
  expect(scene.mark.pids.filter((pid) => before.includes(pid))).toEqual([]);
});

row(8, 'the server ignores the end of its input and SIGTERM', async (scene) => {
  const clock = scene.clock();
  const { manager, changes } = scene.connection({
    server: scene.stdio('--ignore-end', '--ignore-term'),
    clock,
  });
  await manager.connect();
  const { leader } = scene.mark;
  let left: number[] | undefined;
  manager.on('state', ({ to }) => {
    if (to.status === 'disconnected') left = scene.mark.pids;
  });
  const closed = manager.disconnect();
  await scene.until(() => scene.executions('end') === 1);
  expect(clock.now()).toBe(0);
  clock.step();
  await scene.until(() => scene.executions('SIGTERM') === 1);
  expect(clock.now()).toBe(2_000);
  expect(scene.mark.pids).toEqual([leader]);
  expect(manager.state.status).toBe('closing');
  clock.step();
  await closed;
  expect(clock.now()).toBe(4_000);
  expect(left).toEqual([]);
  expect(exists(leader)).toBe(false);
  expect(changes.at(-1)?.to.status).toBe('disconnected');
});

const isStopped = (pid: number) => /^State:\s*T/m.test(readFileSync(`/proc/${pid}/status`, 'latin1'));

row(9, 'the server is frozen', async (scene) => {
  const clock = scene.clock();
  const { manager, statuses } = scene.connection({ server: scene.stdio(), clock });
  const health: unknown[] = [];
  manager.on('health', (now) => health.push(now?.status));
  await manager.connect();
  const frozen = scene.mark.leader;
  process.kill(frozen, 'SIGSTOP');
  await scene.until(() => isStopped(frozen));
  const call = errorOf(scene.call(manager.callTool({ name: 'echo', arguments: { text: 'hello' } })));

  // The first probe comes after the interval; its time runs out.
  await clock.advance(34_999);
  expect(manager.health).toEqual({ status: 'healthy' });
  await clock.advance(1);
  expect(manager.health).toEqual({ status: 'degraded', reason: 'no answer within 5000 ms' });
  expect(manager.state.status).toBe('connected');
  // Two more confirm it, each after its wait.
  await clock.advance(11_999);
  expect(manager.state.status).toBe('connected');
  await clock.advance(1);
  expect(manager.state.status).toBe('reconnecting');
  expect(manager.health).toMatchObject({ status: 'unhealthy', reason: expect.stringContaining('3 failed') });
  expect(await call).toMatchObject({ mayHaveExecuted: true, cause: { code: 'UNHEALTHY' } });

  // It does not hear the end of its input. SIGTERM wakes and ends it, and only then another one starts.
  expect(scene.mark.pids).toEqual([frozen]);
  clock.step();
  await manager.waitFor((state) => state.status === 'reconnecting' && state.retryCount === 1);
  expect(scene.mark.pids).toEqual([]);
  clock.step();
  await manager.waitFor('connected');
  expect(scene.mark.leader).not.toBe(frozen);
  expect(health).toEqual(['healthy', 'degraded', 'unhealthy', 'healthy']);
  expect(statuses()).toEqual(['connecting', 'connected', 'reconnecting', 'connecting', 'connected']);
  expect(scene.executions('echo')).toBeLessThanOrEqual(1);
});

row(10, 'the server exits as soon as it is ready, every time', async (scene) => {
  const clock = scene.clock();
  const { manager, statuses } = scene.connection({
    server: scene.stdio('--crash-after-ping'),
    clock,
    retryPolicy: {
      maxAttempts: 4,
      jitter: 'none',
      backoffStrategy: { type: 'exponential', initial: 500, multiplier: 2, maxDelay: 3_000 },
    },
  });
  await manager.connect();
  const waits: number[] = [];
  for (const retryCount of [1, 2, 3, 4]) {
    await manager.waitFor((state) => state.status === 'reconnecting' && state.retryCount === retryCount);
    waits.push(...clock.delays);
    clock.step();
  }
  await manager.waitFor('failed');
  expect(waits).toEqual([500, 1_000, 2_000, 3_000]);
  expect(manager.state).toMatchObject({
    status: 'failed',
    error: { code: 'PROCESS_EXITED', details: { exitCode: 1, attempts: 4 } },
  });
  expect(scene.sessionsOpened).toBe(5);
  expect(statuses()).toEqual([
    ...Array.from({ length: 5 }, () => ['connecting', 'connected', 'reconnecting']).flat(),
    'failed',
  ]);
  expect(await errorOf(scene.call(manager.callTool({ name: 'echo' })))).toMatchObject({
    mayHaveExecuted: false,
    code: 'PROCESS_EXITED',
  });
});

row(11, 'the end is asked for in the tick of connecting', async (scene) => {
  const { manager } = scene.connection({ server: scene.stdio() });
  const connecting = errorOf(manager.connect());
  await manager.terminate();
  expect(await connecting).toMatchObject({ code: 'TERMINATED' });
  expect(scene.mark.pids).toEqual([]);
});

row(11, 'the end is asked for in the tick of the start of the process', async (scene) => {
  let pid: number | null = null;
  let left: Promise<void> | undefined;
  const { manager, statuses } = scene.connection({
    server: () => {
      const transport = new StdioTransport(scene.stdio());
      const start = transport.start.bind(transport);
      transport.start = () => {
        const starting = start();
        pid = transport.pid;
        left = manager.disconnect();
        return starting;
      };
      return transport;
    },
  });
  expect(await errorOf(manager.connect())).toMatchObject({ code: 'SUPERSEDED' });
  await left;
  expect(pid).not.toBeNull();
  expect(existsSync(`/proc/${pid}`)).toBe(false);
  expect(scene.mark.pids).toEqual([]);
  expect(statuses()).toEqual(['connecting', 'closing', 'disconnected']);
});

row(11, 'the end is asked for some turns after connecting', async (scene) => {
  const { manager } = scene.connection({ server: scene.stdio() });
  for (let turns = 0; turns < 8; turns += 1) {
    const connecting = errorOf(manager.connect());
    for (let turn = 0; turn < turns; turn += 1) await new Promise(setImmediate);
    await manager.disconnect();
    expect(await connecting).toMatchObject({ code: 'SUPERSEDED' });
    expect(scene.mark.pids).toEqual([]);
  }
});
