import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { LifelineError } from '../../errors.js';
import { escapeText } from '../../escape.js';
import { IpcError } from '../../ipc/errors.js';
import { ownerOf } from '../../ipc/ownership.js';
import { readOwnFile } from '../../ipc/ownFile.js';
import type { Peer } from '../../ipc/peer.js';
import { ensureSafePlaces } from '../../ipc/safeDirectory.js';
import { detachedFiles } from '../detachedFiles.js';
import { EXITS } from '../startTerms.js';
import { daemonEnvironment } from './daemonEnvironment.js';
import { pause } from './pause.js';
import type { Setting } from './setting.js';

export interface StartOptions {
  setting: Setting;
  signal: AbortSignal;
  /** Null when there is no daemon. */
  dial(): Promise<Peer | null>;
}

/** Milliseconds for a daemon to be found: one that leaves takes 30 s for its calls and 60 s for its servers at most. */
const LIMIT = 100_000;
/** Milliseconds between two looks: no event tells a stranger that a socket has appeared. */
const LOOK_EVERY = 15;
/** The same for the owner, from the third look or so on: outside of Linux, it takes a process to look. */
const SEE_OWNER_EVERY = 200;

const main = fileURLToPath(new URL('../main.js', import.meta.url));

/**
 * Starts the daemon unless somebody else does, and connects to it.
 *
 * @throws LifelineError `CONFIG_INVALID` with what its log says
 * @throws IpcError `DAEMON_FAILED` with what its log says; `NO_DAEMON` when none appears in time
 * @throws UnsafePlaceError before anything is started
 * @throws the signal's reason
 */
export async function startDaemon({ setting, signal, dial }: StartOptions): Promise<Peer> {
  const { places } = setting;
  ensureSafePlaces(places);
  const end = performance.now() + LIMIT;
  let started: Started | null = null;
  const look = { next: 0, pause: LOOK_EVERY };
  while (performance.now() < end) {
    const peer = await dial();
    if (peer !== null) {
      withdraw(started, places);
      return peer;
    }
    if (started !== null && started.code !== null) {
      if (started.code !== EXITS.well) throw failure(setting, started);
      // Somebody else was faster, or is still on the way out.
      started = null;
    }
    if (started === null && performance.now() >= look.next) {
      if (ownerOf(places) === null) started = start(setting);
      look.next = performance.now() + look.pause;
      look.pause = Math.min(2 * look.pause, SEE_OWNER_EVERY);
    }
    await pause(LOOK_EVERY, signal);
  }
  const owner = ownerOf(places);
  const why = owner === null ? '' : `; the process ${owner.pid} holds its place`;
  throw new IpcError('NO_DAEMON', `no daemon could be reached in time${why}; its log: ${places.log}`);
}

interface Started {
  child: ChildProcess;
  /** Null while it runs; -1 when a signal ended it, or it could not be run. */
  code: number | null;
}

/** A process of its own: whoever waits for the end of our output must not wait for the daemon. */
function start({ path, fingerprint }: Setting): Started {
  const { stdio, close } = detachedFiles();
  const child: ChildProcess = spawn(process.execPath, [main, path], {
    cwd: '/',
    env: daemonEnvironment(fingerprint),
    detached: true,
    stdio,
    windowsHide: true,
  });
  close();
  child.unref();
  const started: Started = { child, code: null };
  child.once('exit', (code) => {
    started.code = code ?? -1;
  });
  child.once('error', () => {
    started.code = -1;
  });
  return started;
}

/** Somebody else was faster. Ours must not become the daemon of a later time, when that one was told to leave. */
function withdraw(started: Started | null, places: Setting['places']): void {
  if (started === null || started.code !== null || ownerOf(places)?.pid === started.child.pid) return;
  started.child.kill('SIGTERM');
}

function failure({ places }: Setting, { child, code }: Started): LifelineError {
  const reason = reasonOf(places.log, child.pid ?? 0) ?? 'it ended before it could say why';
  if (code === EXITS.configInvalid) return new LifelineError('CONFIG_INVALID', reason);
  return new IpcError('DAEMON_FAILED', `the daemon could not start: ${reason}; its log: ${places.log}`);
}

/** More than a log has. */
const LONGEST_LOG = 8 * 1024 * 1024;

/** What the log says of the failure of this process. */
function reasonOf(log: string, pid: number): string | undefined {
  const mark = ` ${pid} daemon: failed: `;
  const line = readOwnFile(log, LONGEST_LOG)
    ?.split('\n')
    .findLast((each) => each.includes(mark));
  return line === undefined ? undefined : escapeText(line.slice(line.indexOf(mark) + mark.length));
}
