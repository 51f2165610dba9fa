// Otherwise loaded with the first server, hours later. The files of a package that is installed anew are gone for a moment, or
// are another version's then, and what could not be loaded once cannot be loaded by the process ever again
// (`Cannot find package … imported from …`). So a daemon loads all that it needs while it starts.
import '../transports/http/createHttpTransport.js';
import '../transports/stdio/stdioTransport.js';
import { describeProblem } from '../config/configFileError.js';
import { fingerprint as fingerprintOf } from '../config/fingerprint.js';
import { loadConfig } from '../config/loadConfig.js';
import { readConfigText } from '../config/readConfigText.js';
import type { Ownership } from '../ipc/ownership.js';
import type { Places } from '../ipc/places.js';
import { PACKAGE } from '../package.js';
import { Daemon } from './Daemon.js';
import { readLimits } from './readLimits.js';
import { EXITS } from './startTerms.js';
import { VersionPointer } from './versionPointer.js';

export interface DaemonProcess {
  /** Of the configuration file. */
  path: string;
  /** What the starter found it to be. */
  fingerprint: string;
  places: Places;
  /** Of the places, when the process has it already; see `DaemonOptions`. */
  ownership?: Ownership;
  log(line: string): void;
}

/**
 * Serves until it is over. Signals: the first lets calls in flight finish, the second does not.
 *
 * @returns an exit code, one of `EXITS`
 * @throws ConfigFileError, ConfigError when the configuration or the environment cannot be used
 */
export async function runDaemon(options: DaemonProcess): Promise<number> {
  const { path, fingerprint, places, ownership, log } = options;
  const read = () => {
    const text = readConfigText(path);
    return { text, fingerprint: fingerprintOf({ path, text, env: process.env }) };
  };
  const config = read();
  if (config.fingerprint !== fingerprint) {
    log('daemon: failed: the configuration changed while the daemon was being started');
    return EXITS.otherFingerprint;
  }
  const { servers, warnings } = loadConfig({ path, text: config.text, env: process.env });
  for (const warning of warnings) log(`daemon: ${path}: ${describeProblem(warning)}`);
  for (const { error } of servers.values()) {
    if (error !== null) log(`daemon: without a server: ${error.message}`);
  }
  const daemon = new Daemon({
    places,
    ...(ownership && { ownership }),
    fingerprint,
    version: PACKAGE.version,
    servers,
    isConfigSame: () => read().fingerprint === fingerprint,
    pointer: new VersionPointer({ fingerprint, version: PACKAGE.version }),
    limits: readLimits(process.env),
    log,
  });
  const leave = leaveBySignal(daemon);
  const { reason, error } = await daemon.stopped;
  leave();
  if (error !== null) log(`daemon: failed: ${error}`);
  log(`daemon: over: ${reason}`);
  return reason === 'unstarted' ? EXITS.failed : EXITS.well;
}

function leaveBySignal(daemon: Daemon): () => void {
  let isSecond = false;
  const onsignal = () => {
    daemon.actor.send({ type: isSecond ? 'daemon.stop' : 'daemon.drain' });
    isSecond = true;
  };
  const signals = ['SIGTERM', 'SIGINT'] as const;
  for (const signal of signals) process.on(signal, onsignal);
  return () => {
    for (const signal of signals) process.off(signal, onsignal);
  };
}
