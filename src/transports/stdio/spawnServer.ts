import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { access, constants, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { getDefaultEnvironment } from '@modelcontextprotocol/sdk/client/stdio.js';
import type { ConnectionErrorCode } from '../../../machines/index.js';
import { ConnectionError, messageOf } from '../../errors.js';
import type { Redactor } from '../../redact.js';
import type { StdioTransportOptions } from './stdio.types.js';

/** A running server, all three of its streams ours. */
export type ServerProcess = ChildProcessByStdio<Writable, Readable, Readable>;

type ServerCommand = Pick<StdioTransportOptions, 'command' | 'args' | 'env' | 'cwd'>;

/**
 * Starts a server as the leader of a process group of its own, so that whatever it starts can be
 * ended with it. On Windows there are no such groups, and the command must be a program itself:
 * nothing here runs `npx` and other `.cmd` files, which need a shell.
 *
 * Some failures are thrown; after the others the child has no `pid` and no streams, and emits `error`.
 */
export function spawnServer(server: ServerCommand): ServerProcess {
  return spawn(server.command, server.args ?? [], {
    cwd: server.cwd,
    env: { ...getDefaultEnvironment(), ...server.env },
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: process.platform !== 'win32',
    shell: false,
    windowsHide: true,
  });
}

/** System errors that say the machine has run out of something, which may pass. */
const EXHAUSTED = new Set(['EAGAIN', 'EMFILE', 'ENFILE', 'ENOMEM', 'ENOBUFS']);

/** What a failed `spawnServer` means: the system has one word for a missing program and a missing directory. */
export async function explainSpawnFailure(
  failure: unknown,
  server: ServerCommand,
  redact: Redactor,
): Promise<ConnectionError> {
  const errno = errnoOf(failure);
  const [code, reason] = await classify(errno, server);
  const command = JSON.stringify(server.command);
  return new ConnectionError(code, redact(`cannot start ${command}: ${reason}`), {
    // Not the error itself: it carries all the arguments. Nor what Node says of an argument: it shows its value.
    ...(errno !== 'ERR_INVALID_ARG_VALUE' && { cause: new Error(redact(messageOf(failure))) }),
    details: { errno, command: redact(server.command) },
  });
}

async function classify(errno: string, server: ServerCommand): Promise<[ConnectionErrorCode, string]> {
  if (EXHAUSTED.has(errno)) return ['RESOURCES_EXHAUSTED', `the system has run out of resources (${errno})`];
  if (errno === 'ENOENT' || errno === 'ENOTDIR') return await classifyMissing(server);
  if (errno === 'EACCES' || errno === 'EPERM') return await classifyDenied(errno, server);
  return ['SPAWN_FAILED', `the system refused it (${errno})`];
}

async function classifyMissing(server: ServerCommand): Promise<[ConnectionErrorCode, string]> {
  const { command, cwd } = server;
  if (cwd !== undefined && !(await isDirectory(cwd))) {
    return ['CWD_NOT_FOUND', `its working directory ${JSON.stringify(cwd)} is no directory`];
  }
  if (command.includes('/') && (await exists(resolve(cwd ?? '.', command)))) {
    return ['COMMAND_NOT_FOUND', 'the interpreter that its first line names was not found'];
  }
  return ['COMMAND_NOT_FOUND', 'the command was not found'];
}

async function classifyDenied(errno: string, server: ServerCommand): Promise<[ConnectionErrorCode, string]> {
  const { cwd } = server;
  if (cwd !== undefined && !(await permits(cwd, constants.X_OK))) {
    return [
      'PERMISSION_DENIED',
      `its working directory ${JSON.stringify(cwd)} may not be entered (${errno})`,
    ];
  }
  return ['PERMISSION_DENIED', `it may not be executed (${errno})`];
}

function errnoOf(failure: unknown): string {
  const isCoded = failure instanceof Error && 'code' in failure && typeof failure.code === 'string';
  return isCoded ? String(failure.code) : 'UNKNOWN';
}

async function isDirectory(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

async function exists(path: string): Promise<boolean> {
  return permits(path, constants.F_OK);
}

async function permits(path: string, mode: number): Promise<boolean> {
  return access(path, mode).then(
    () => true,
    () => false,
  );
}
