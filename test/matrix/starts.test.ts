import { join } from 'node:path';
import { expect } from 'vitest';
import type { ConnectionError } from '../../src/errors.js';
import { StdioTransport } from '../../src/transports/stdio/stdioTransport.js';
import { errorOf } from '../connection/support.js';
import { connectionErrorOf } from './errors.js';
import { row } from './row.js';
import type { Scene, Subject } from './scene.js';

type Command = { command: string; args?: string[]; cwd?: string };

/** Asks for a connection to what is no server, with a call that waits for it. What both were told. */
async function failure(scene: Scene, server: Command): Promise<{ subject: Subject; error: ConnectionError }> {
  const subject = scene.connection({ server: { ...server, env: scene.mark.env } });
  const { manager } = subject;
  const connecting = connectionErrorOf(manager.connect());
  const call = errorOf(scene.call(manager.callTool({ name: 'echo' })));
  const error = await connecting;
  expect(await call).toMatchObject({ mayHaveExecuted: false, cause: { code: error.code } });
  expect(manager.state).toMatchObject({ status: 'failed', error: { code: error.code } });
  expect(scene.mark.pids).toEqual([]);
  return { subject, error };
}

/** Nothing can be started: it fails, and is not tried again. */
async function unstartable(scene: Scene, server: Command): Promise<ConnectionError> {
  const { subject, error } = await failure(scene, server);
  expect(scene.sessionsOpened).toBe(1);
  expect(subject.changes.map(({ to }) => to.status)).not.toContain('connected');
  expect(subject.manager.stats.attempts).toBe(1);
  return error;
}

row(1, 'the command is missing', async (scene) => {
  expect(await unstartable(scene, { command: 'no-such-command-anywhere' })).toMatchObject({
    code: 'COMMAND_NOT_FOUND',
    message: expect.stringContaining('"no-such-command-anywhere": the command was not found'),
  });
});

row(1, 'the command is missing, the working directory is not', async (scene) => {
  const command = join(scene.folder, 'none');
  expect(await unstartable(scene, { command, cwd: scene.folder })).toMatchObject({
    code: 'COMMAND_NOT_FOUND',
    message: expect.stringContaining(`"${command}": the command was not found`),
  });
});

row(1, 'the working directory is missing', async (scene) => {
  const cwd = join(scene.folder, 'none');
  expect(await unstartable(scene, { command: process.execPath, cwd })).toMatchObject({
    code: 'CWD_NOT_FOUND',
    message: expect.stringContaining(`its working directory "${cwd}" is no directory`),
  });
});

row(1, 'the command may not be executed', async (scene) => {
  const command = scene.file('server', '#!/bin/sh\n', 0o644);
  expect(await unstartable(scene, { command })).toMatchObject({
    code: 'PERMISSION_DENIED',
    message: expect.stringContaining('it may not be executed (EACCES)'),
  });
});

row(1, 'the interpreter of the command is missing', async (scene) => {
  const command = scene.file('server', '#!/no/such/interpreter\n', 0o755);
  expect(await unstartable(scene, { command })).toMatchObject({
    code: 'COMMAND_NOT_FOUND',
    message: expect.stringContaining('the interpreter that its first line names was not found'),
  });
});

row(2, 'the command is no program', async (scene) => {
  const junk = Buffer.concat([
    Buffer.from('\x7fELF'),
    Buffer.alloc(60),
    Buffer.from([0xff, 0x0a, 0xfe, 0x0a]),
  ]);
  const command = scene.file('server', junk, 0o755);
  const { subject, error } = await failure(scene, { command, cwd: scene.folder });
  expect(error.code).toBe('PROCESS_EXITED');
  // Whichever shell tried it, in whichever way it found it wanting.
  expect([2, 126, 127]).toContain(error.details.exitCode);
  expect(error.message).toContain(`exited with code ${error.details.exitCode}; it said "`);
  expect(error.details.stderr).toContain(command);
  // As an early exit: it may have been another program's fault.
  expect(scene.sessionsOpened).toBe(3);
  expect(subject.statuses()).toContain('reconnecting');
});

row(3, 'a NUL in an argument', async (scene) => {
  const error = await unstartable(scene, { command: process.execPath, args: ['a\0b'] });
  expect(error).toMatchObject({ code: 'SPAWN_FAILED', details: { errno: 'ERR_INVALID_ARG_VALUE' } });
});

row(3, 'arguments of 3 MB', async (scene) => {
  const error = await unstartable(scene, { command: process.execPath, args: ['x'.repeat(3_000_000)] });
  expect(error).toMatchObject({ code: 'SPAWN_FAILED', details: { errno: 'E2BIG' } });
});

row(3, 'an empty command', async (scene) => {
  // It cannot work whatever the world is like: nothing is begun.
  expect(() => scene.connection({ server: { command: '' } })).toThrow(
    expect.objectContaining({ code: 'CONFIG_INVALID', field: 'server.command' }),
  );
  const { manager } = scene.connection({ server: () => new StdioTransport({ command: '' }) });
  expect(await errorOf(manager.connect())).toMatchObject({ code: 'SPAWN_FAILED' });
  expect(manager.state.status).toBe('failed');
  expect(scene.sessionsOpened).toBe(1);
});

row(4, 'the server exits before the handshake, with much to say', async (scene) => {
  const stderr = Array.from({ length: 1_000 }, (_, index) => `line ${index} of a long complaint`).join('\n');
  const clock = scene.clock();
  const { manager, statuses } = scene.connection({
    server: scene.stdio('--stderr', `${stderr}\nError: no API key`, '--exit', '1'),
    clock,
    retryPolicy: { jitter: 'none' },
  });
  const failed = connectionErrorOf(manager.connect());
  for (const [retryCount, backoff] of [
    [1, 500],
    [2, 1_000],
  ]) {
    await manager.waitFor((state) => state.status === 'reconnecting' && state.retryCount === retryCount);
    expect(clock.delays).toEqual([backoff]);
    expect(scene.mark.pids).toEqual([]);
    clock.step();
  }
  const error = await failed;
  expect(error).toMatchObject({
    code: 'PROCESS_EXITED',
    message: expect.stringContaining('exited with code 1; it said "Error: no API key"'),
    details: {
      exitCode: 1,
      attempts: 3,
      stderr: expect.stringMatching(/^line \d+ of .*Error: no API key$/s),
    },
  });
  const shown = Buffer.byteLength(String(error.details.stderr));
  expect(shown).toBeGreaterThan(8_000);
  expect(shown).toBeLessThanOrEqual(8_192);
  expect(scene.sessionsOpened).toBe(3);
  expect(statuses().filter((status) => status === 'connected')).toEqual([]);
  expect(statuses().at(-1)).toBe('failed');
});
