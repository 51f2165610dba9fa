import { connect, type Socket } from 'node:net';
import { type Clock, systemClock } from '../clock.js';
import { DaemonMismatchError, type Introduction, IpcError, isSame } from './errors.js';
import { readFirstLine } from './firstLine.js';
import { encodeFrame } from './frames.js';
import { HELLO_LIMIT, PROTOCOL, readHelloAnswer, writeHello } from './hello.js';
import { Peer, type PeerOptions } from './peer.js';
import type { Places } from './places.js';
import { checkSafePlaces, checkSocket } from './safeDirectory.js';
import { hasCode } from './systemError.js';
import { readToken } from './token.js';

export interface DialOptions extends PeerOptions {
  places: Pick<Places, 'directory' | 'socketDirectory' | 'socket' | 'token'>;
  /** Version of this package. */
  version: string;
  fingerprint: string;
  /** Milliseconds until the connection is open, which takes time if many connect at once. Default 2000 */
  connectTimeout?: number;
  /** Milliseconds until the daemon has answered the hello. Default 5000 */
  helloTimeout?: number;
  /** Rejects with its reason; once the connection is open it is without effect. */
  signal?: AbortSignal;
}

/** An open connection to a daemon that is the right one. */
export interface Dialed {
  readonly peer: Peer;
  /** Process id of the daemon; null if it does not tell. */
  readonly pid: number | null;
}

const CONNECT_LIMIT = 2000;
/** Between tries to connect while too many wait. */
const TRY_AGAIN = 10;

/**
 * Connects to the daemon. Whatever it throws, nothing was carried out.
 *
 * @throws UnsafePlaceError before anything was sent: others can get at the files
 * @throws IpcError `NO_DAEMON`: none listens, or it left before it answered
 * @throws IpcError `DAEMON_FROZEN`: one listens, but takes or answers nothing in time
 * @throws IpcError `DAEMON_BUSY`: it has as many clients as it takes
 * @throws IpcError `DAEMON_REFUSED`: the token is not its own
 * @throws IpcError `IPC_PROTOCOL`: what answered is no daemon of ours
 * @throws DaemonMismatchError it has another version or configuration
 */
export async function dial(options: DialOptions): Promise<Dialed> {
  const token = tokenOf(options);
  try {
    return await dialWith(token, options);
  } catch (error) {
    // Another daemon has started since the token was read.
    if (!hasCode(error, 'DAEMON_REFUSED') || tokenOf(options) === token) throw error;
    return dialWith(tokenOf(options), options);
  }
}

function tokenOf({ places }: DialOptions): string {
  if (!checkSafePlaces(places)) throw noDaemon(places, 'there is no directory for one');
  const token = readToken(places);
  if (token === null) throw noDaemon(places, 'there is no token of one');
  return token;
}

async function dialWith(token: string, options: DialOptions): Promise<Dialed> {
  const { version, fingerprint, signal, clock = systemClock } = options;
  const ours = { protocol: PROTOCOL, version, fingerprint };
  const socket = await open(options, clock);
  const onabort = () => socket.destroy();
  signal?.addEventListener('abort', onabort, { once: true });
  try {
    // It may have aborted in the turn in which the connection opened.
    signal?.throwIfAborted();
    const pid = await greet(socket, ours, token, options, clock);
    signal?.throwIfAborted();
    return { peer: new Peer(socket, options), pid };
  } catch (error) {
    socket.destroy();
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener('abort', onabort);
  }
}

/** Says who we are. Resolves with the daemon's process id. */
async function greet(
  socket: Socket,
  ours: Introduction,
  token: string,
  { places, helloTimeout: timeout = HELLO_LIMIT }: DialOptions,
  clock: Clock,
): Promise<number | null> {
  socket.write(encodeFrame(writeHello(ours, token)));
  const first = await readFirstLine(socket, { timeout, clock });
  if (first.kind === 'ended') throw noDaemon(places, 'it left before it answered', first.cause);
  if (first.kind === 'late') throw frozen(places, `did not answer the hello within ${timeout} ms`);
  if (first.kind === 'long') throw nonsense(places, 'a line that is too long');
  const answer = readHelloAnswer(first.line);
  switch (answer.kind) {
    case 'refused':
      throw new IpcError(
        'DAEMON_REFUSED',
        `${places.socket}: the daemon refused the token of ${places.token}`,
      );
    case 'busy':
      throw new IpcError('DAEMON_BUSY', `${places.socket}: the daemon has as many clients as it takes`);
    case 'nonsense':
      throw nonsense(places, answer.found);
    default:
      if (answer.kind === 'mismatch' || !isSame(ours, answer.introduction)) {
        throw new DaemonMismatchError(ours, answer.introduction);
      }
      return answer.pid;
  }
}

/** Connects; while the line of those who wait for the daemon is full, again and again. */
async function open(options: DialOptions, clock: Clock): Promise<Socket> {
  const { places, connectTimeout = CONNECT_LIMIT, signal } = options;
  const end = clock.now() + connectTimeout;
  for (;;) {
    signal?.throwIfAborted();
    if (process.platform !== 'win32' && !checkSocket(places.socket))
      throw noDaemon(places, 'there is no socket');
    const left = end - clock.now();
    if (left <= 0) throw frozen(places, `took no connection within ${connectTimeout} ms`);
    const outcome = await tryToConnect(places.socket, left, clock);
    if (outcome === 'late') continue;
    if (!(outcome instanceof Error)) return outcome;
    // Reset: it died while this connection waited for it.
    if (hasCode(outcome, 'ENOENT', 'ECONNREFUSED', 'ECONNRESET'))
      throw noDaemon(places, 'nobody listens', outcome);
    if (!hasCode(outcome, 'EAGAIN', 'EBUSY')) {
      const message = `${places.socket}: cannot be connected to: ${outcome.message}`;
      throw new IpcError('IPC_PROTOCOL', message, { cause: outcome });
    }
    await new Promise<void>((resolve) => {
      clock.setTimeout(resolve, TRY_AGAIN);
    });
  }
}

function tryToConnect(path: string, limit: number, clock: Clock): Promise<Socket | Error | 'late'> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    const timer = clock.setTimeout(() => {
      socket.destroy();
      resolve('late');
    }, limit);
    const onerror = (error: Error) => {
      clock.clearTimeout(timer);
      resolve(error);
    };
    socket.once('error', onerror).once('connect', () => {
      clock.clearTimeout(timer);
      socket.off('error', onerror);
      resolve(socket);
    });
  });
}

function noDaemon({ socket }: Pick<Places, 'socket'>, why: string, cause?: Error): IpcError {
  return new IpcError('NO_DAEMON', `${socket}: no daemon: ${why}`, { cause });
}

function frozen({ socket }: Pick<Places, 'socket'>, what: string): IpcError {
  return new IpcError('DAEMON_FROZEN', `${socket}: the daemon holds its socket, but ${what}`);
}

function nonsense({ socket }: Pick<Places, 'socket'>, found: string): IpcError {
  return new IpcError('IPC_PROTOCOL', `${socket}: found ${found}, expected the daemon's answer to the hello`);
}
