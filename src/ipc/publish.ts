import { chmodSync, lstatSync, renameSync, type Stats } from 'node:fs';
import type { Server } from 'node:net';
import { UnsafePlaceError } from './errors.js';
import { longestSocketPath, type Places } from './places.js';
import { checkSocket } from './safeDirectory.js';
import { takeAway } from './takeAway.js';
import { sweepTemporaries, temporaryFor } from './temporary.js';

/** A server whose socket clients can find. */
export interface Publication {
  /** False when the socket at the path is not this server's: removed, or replaced by a successor. */
  isStillMine(): boolean;
  /**
   * Takes the socket away, unless it is another's by now. To be called before the server is closed: as long as it
   * is open, no other socket can have the inode by which its own is known.
   */
  withdraw(): void;
}

/** As many connections wait to be accepted; the system may allow fewer. */
const BACKLOG = 4096;

/**
 * Binds the server to a name that nobody looks for, makes the socket private, and only then gives it the name that
 * clients know, in place of a socket that an earlier daemon left. It must be the owner that does so.
 * (Node removes the path that a server was bound to when it closes, whatever is there by then: with a name of its
 * own that is nothing.)
 *
 * @throws UnsafePlaceError when something at the path is no socket, or the path is too long for one
 * @throws Error of the system when it cannot be bound
 */
export async function publish(
  server: Server,
  { socket: path }: Pick<Places, 'socket'>,
): Promise<Publication> {
  if (process.platform === 'win32') return publishPipe(server, path);
  checkSocket(path);
  sweepTemporaries(path);
  const temporary = temporaryFor(path);
  refuseLong(temporary);
  await bind(server, temporary);
  try {
    chmodSync(temporary, 0o600);
    const inode = lstatSync(temporary);
    checkSocket(path);
    renameSync(temporary, path);
    const isMine = (at: string) => isAt(at, inode);
    const withdraw = () => {
      if (isMine(path)) takeAway(path, isMine);
    };
    return { isStillMine: () => isMine(path), withdraw };
  } catch (error) {
    server.close();
    throw error;
  }
}

/** Pipes have no files, and end with their server. */
async function publishPipe(server: Server, path: string): Promise<Publication> {
  await bind(server, path);
  return { isStillMine: () => server.listening, withdraw: () => {} };
}

function bind(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ path, backlog: BACKLOG }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function isAt(path: string, { dev, ino }: Stats): boolean {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  return stats !== undefined && stats.dev === dev && stats.ino === ino;
}

function refuseLong(path: string): void {
  const [length, longest] = [Buffer.byteLength(path), longestSocketPath(process.platform)];
  if (length > longest) throw new UnsafePlaceError(path, `${length} bytes`, `at most ${longest} bytes`);
}
