import { readlinkSync, statSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { ConfigError } from '../errors.js';
import { sha256 } from '../sha256.js';
import { OF_SYSTEM, OVERRIDE } from './runtimeVariable.js';

/** Where everything of one daemon lies. */
export interface Places {
  /** Holds all but, where its path is too long for one, the socket. Must be safe. */
  readonly directory: string;
  /** Holds the socket; mostly `directory` itself. Must be safe. */
  readonly socketDirectory: string;
  /** Path of the socket; the name of a pipe on Windows. */
  readonly socket: string;
  readonly token: string;
  /** Who the daemon is. */
  readonly lock: string;
  readonly log: string;
  /** The processes that the daemon started. */
  readonly children: string;
}

/** What places depend on; of this process by default. */
export interface Surroundings {
  readonly env: { readonly [name: string]: string | undefined };
  readonly platform: NodeJS.Platform;
  /** Who the user is, as a directory's name can hold it. */
  readonly user: string;
  readonly temporary: string;
  /** Whether there is a directory of the user's at this path. */
  isOwnDirectory(path: string): boolean;
  /** Tells process namespaces apart, in which process ids mean different processes. */
  readonly processSpace: string;
}

/** Bytes of the longest name of a socket: a hash, `.sock`, and what one that is not yet published has behind that. */
const LONGEST_NAME = 34;

/**
 * The directory of the user for what lives as long as a daemon: `MCP_LIFELINE_RUNTIME_DIR`, else
 * `mcp-lifeline` in `XDG_RUNTIME_DIR` if that is there and the user's own, else `mcp-lifeline-<uid>` in the temporary
 * directory.
 *
 * @throws ConfigError when the first is no absolute path
 */
export function runtimeDirectory(around: Surroundings = surroundings()): string {
  const override = around.env[OVERRIDE];
  if (override !== undefined && override !== '') {
    if (isPath(override)) return override;
    throw new ConfigError(OVERRIDE, override, 'an absolute path');
  }
  const runtime = around.env[OF_SYSTEM];
  // The specification has relative ones ignored. And `su`, `cron` and containers hand on one that is not there, or another's.
  if (runtime !== undefined && isPath(runtime) && around.isOwnDirectory(runtime)) {
    return join(runtime, 'mcp-lifeline');
  }
  return join(around.temporary, `mcp-lifeline-${around.user}`);
}

/**
 * The places of the daemon for one fingerprint. Names are hashes, whatever the fingerprint is made of.
 *
 * @throws ConfigError as `runtimeDirectory`
 */
export function placesFor(fingerprint: string, around: Surroundings = surroundings()): Places {
  // Containers may share the directory, but cannot see whether each other's processes are alive.
  return placesOf(hash(fingerprint, around.processSpace), around);
}

/**
 * The key that a file in the runtime directory belongs to; null when it is none of ours. What begins with a key are the
 * places of a daemon, or the pointer to a version.
 */
export function keyIn(name: string): string | null {
  return /^([0-9a-f]{20})\./.exec(name)?.[1] ?? null;
}

/** The places that begin with a key. */
export function placesOf(key: string, around: Surroundings = surroundings()): Places {
  const directory = runtimeDirectory(around);
  const place = (extension: string) => join(directory, `${key}.${extension}`);
  return {
    directory,
    ...socketPlace(directory, key, around),
    token: place('token'),
    lock: place('lock'),
    log: place('log'),
    children: place('children'),
  };
}

/**
 * A path that is too long for a socket is not refused by Node, but cut: the socket lies elsewhere, under
 * a name that others share. So it goes where it fits, under a name that the long path decides.
 */
function socketPlace(
  directory: string,
  key: string,
  around: Surroundings,
): Pick<Places, 'socket' | 'socketDirectory'> {
  if (around.platform === 'win32') {
    const socket = `\\\\.\\pipe\\mcp-lifeline-${hash(around.user, directory, key)}`;
    return { socketDirectory: directory, socket };
  }
  if (Buffer.byteLength(directory) + 1 + LONGEST_NAME <= longestSocketPath(around.platform)) {
    return { socketDirectory: directory, socket: join(directory, `${key}.sock`) };
  }
  const socketDirectory = `/tmp/mcp-lifeline-${around.user}`;
  return { socketDirectory, socket: join(socketDirectory, `${hash(directory, key)}.sock`) };
}

/** The most bytes a socket's path can have: one less than `sun_path`, for the zero at its end. */
export function longestSocketPath(platform: NodeJS.Platform): number {
  return platform === 'linux' ? 107 : 103;
}

export function surroundings(): Surroundings {
  return {
    env: process.env,
    platform: process.platform,
    user: String(process.geteuid?.() ?? hash(userInfo().username)),
    temporary: tmpdir(),
    isOwnDirectory,
    processSpace: processSpace(),
  };
}

function isOwnDirectory(path: string): boolean {
  try {
    const stats = statSync(path);
    return stats.isDirectory() && stats.uid === (process.geteuid?.() ?? stats.uid);
  } catch {
    return false;
  }
}

/** Differs between those who cannot see each other's processes. */
export function processSpace(): string {
  if (process.platform !== 'linux') return '';
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    // No /proc, or one that hides it.
    return '';
  }
}

function isPath(text: string): boolean {
  return isAbsolute(text) && !text.includes('\0');
}

/** 80 bits, in which no two fingerprints of one user meet by chance. */
function hash(...parts: string[]): string {
  return sha256(JSON.stringify(parts)).slice(0, 20);
}
