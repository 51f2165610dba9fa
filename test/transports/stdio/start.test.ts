import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ConnectionError } from '../../../src/errors.js';
import { createRedactor } from '../../../src/redact.js';
import { watchGroups } from '../../../src/transports/stdio/groupWatchers.js';
import { explainSpawnFailure } from '../../../src/transports/stdio/spawnServer.js';
import type { StdioTransportOptions } from '../../../src/transports/stdio/stdio.types.js';
import { faulty, Peer } from './support.js';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'lifeline-start-'));
});

afterEach(() => {
  rmSync(directory, { recursive: true });
});

function file(name: string, content: string, mode: number): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  chmodSync(path, mode);
  return path;
}

/** Starts what cannot be started, and returns why. Nothing else may happen than one loss. */
async function failure(options: StdioTransportOptions): Promise<ConnectionError> {
  const peer = new Peer(options);
  const error = await peer.transport.start().then(
    () => new Error('it started'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof ConnectionError)) throw error;
  expect(peer.order).toEqual(['lost', 'close']);
  expect(peer.losses).toEqual([error]);
  await peer.transport.close();
  expect(peer.order).toEqual(['lost', 'close']);
  await expect(peer.transport.send({ jsonrpc: '2.0', method: 'x' })).rejects.toMatchObject({
    details: { unsent: true },
  });
  return error;
}

test('a process that cannot be looked after is ended at once', async () => {
  const kill = vi.spyOn(process, 'kill');
  const ladder = Object.defineProperty({}, 'endInput', {
    enumerable: true,
    get: () => {
      throw new Error('no ladder');
    },
  });
  expect(await failure({ ...faulty(), ladder })).toMatchObject({ code: 'INTERNAL_ERROR' });
  expect(kill.mock.calls).toEqual([[expect.any(Number), 'SIGKILL']]);
  kill.mockRestore();
});

describe('a watcher of groups that throws', () => {
  const began = () => {
    throw new Error('its own matter');
  };

  test('harms neither the server nor the others', async () => {
    const told: number[] = [];
    const unwatch = [watchGroups({ began, ended: began })];
    unwatch.push(watchGroups({ began: (pid) => told.push(pid), ended: (pid) => told.push(pid) }));
    const peer = new Peer(faulty());
    await peer.transport.start();
    await peer.transport.close();
    for (const each of unwatch) each();
    expect(told).toEqual([peer.transport.pid, peer.transport.pid]);
  });
});

describe('start rejects', () => {
  test('row 1: a command that does not exist', async () => {
    expect(await failure({ command: 'no-such-program' })).toMatchObject({
      code: 'COMMAND_NOT_FOUND',
      message: 'cannot start "no-such-program": the command was not found',
      details: { errno: 'ENOENT', command: 'no-such-program' },
    });
    const { code } = await failure({ command: join(directory, 'none'), cwd: directory });
    expect(code).toBe('COMMAND_NOT_FOUND');
  });

  test('row 1: a working directory that does not exist or is a file', async () => {
    const missing = join(directory, 'none');
    expect(await failure({ command: process.execPath, cwd: missing })).toMatchObject({
      code: 'CWD_NOT_FOUND',
      message: `cannot start "${process.execPath}": its working directory "${missing}" is no directory`,
    });
    const { code } = await failure({ command: process.execPath, cwd: file('file', '', 0o644) });
    expect(code).toBe('CWD_NOT_FOUND');
  });

  test('row 1: a file that may not be executed', async () => {
    const command = file('script', '#!/bin/sh\n', 0o644);
    expect(await failure({ command })).toMatchObject({
      code: 'PERMISSION_DENIED',
      details: { errno: 'EACCES' },
    });
  });

  test('row 1: a script whose interpreter does not exist', async () => {
    const command = file('script', '#!/no/such/interpreter\n', 0o755);
    expect(await failure({ command })).toMatchObject({
      code: 'COMMAND_NOT_FOUND',
      message: `cannot start "${command}": the interpreter that its first line names was not found`,
    });
    // Relative to the directory in which it runs, as the system sees it.
    const { message } = await failure({ command: './script', cwd: directory });
    expect(message).toContain('the interpreter');
  });

  test.each<[string, StdioTransportOptions, string]>([
    ['a NUL in an argument', { command: process.execPath, args: ['a\0b'] }, 'ERR_INVALID_ARG_VALUE'],
    ['an empty command', { command: '' }, 'ERR_INVALID_ARG_VALUE'],
    ['an argument of 3 MB', { command: process.execPath, args: ['x'.repeat(3_000_000)] }, 'E2BIG'],
  ])('row 3: %s', async (_, options, errno) => {
    const error = await failure(options);
    expect(error).toMatchObject({ code: 'SPAWN_FAILED', details: { errno } });
    // Node's own words would show the value.
    expect(error.cause === undefined).toBe(errno === 'ERR_INVALID_ARG_VALUE');
  });

  test('a second start', async () => {
    const peer = new Peer(faulty());
    await peer.transport.start();
    await expect(peer.transport.start()).rejects.toMatchObject({ code: 'INTERNAL_ERROR' });
    expect(await peer.call('echo', { text: 'unharmed' })).toBe('unharmed');
    await peer.transport.close();
  });

  test('without showing arguments or secrets', async () => {
    const error = await failure({
      command: './hunter2-program',
      args: ['--key', 'the-argument'],
      env: { KEY: 'hunter2' },
    });
    expect(error.message).toContain('./[secret]-program');
    expect(error.details).toEqual({ errno: 'ENOENT', command: './[secret]-program' });
    const { cause } = error;
    if (!(cause instanceof Error)) throw new Error('no cause');
    expect(JSON.stringify({ ...cause, message: cause.message, stack: cause.stack })).not.toMatch(
      /hunter2|the-argument/,
    );
  });

  test.each([
    ['EMFILE', 'RESOURCES_EXHAUSTED'],
    ['ENFILE', 'RESOURCES_EXHAUSTED'],
    ['EAGAIN', 'RESOURCES_EXHAUSTED'],
    ['ENOMEM', 'RESOURCES_EXHAUSTED'],
    ['EPERM', 'PERMISSION_DENIED'],
    ['ELOOP', 'SPAWN_FAILED'],
  ])('with the meaning of %s', async (errno, code) => {
    const thrown = Object.assign(new Error(`spawn x ${errno}`), { code: errno });
    const error = await explainSpawnFailure(thrown, { command: 'x' }, createRedactor([]));
    expect(error).toMatchObject({ code, details: { errno } });
    expect(error.message).toContain(errno);
  });
});

test('row 2: a file that is no program is an early exit, because a shell may have tried it', async () => {
  const peer = new Peer({ command: file('junk', '\u0001\u0002 junk that no system runs\n', 0o755) });
  await peer.transport.start();
  const { code, details } = await peer.lost;
  expect(code).toBe('PROCESS_EXITED');
  // What it is called depends on the shell: not found, or not executable.
  expect([126, 127]).toContain(details.exitCode);
  expect(details.stderr).toMatch(/junk/);
  await peer.transport.close();
});

describe('the environment', () => {
  test('is the safe default and what was given', async () => {
    process.env.LIFELINE_TEST_PRIVATE = 'private';
    const peer = new Peer({ ...faulty(), env: { GIVEN: 'given' } });
    await peer.transport.start();
    delete process.env.LIFELINE_TEST_PRIVATE;
    const environment = JSON.parse(await peer.call('environment'));
    expect(environment).toMatchObject({ PATH: process.env.PATH, GIVEN: 'given' });
    expect(environment).not.toHaveProperty('LIFELINE_TEST_PRIVATE');
    await peer.transport.close();
  });

  test('runs in the given directory', async () => {
    const peer = new Peer({ command: 'sh', args: ['-c', 'pwd >&2; exit 1'], cwd: directory });
    await peer.transport.start();
    expect((await peer.lost).details.stderr).toMatch(new RegExp(`${directory}$`));
    await peer.transport.close();
  });
});
