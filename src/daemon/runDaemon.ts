// Otherwise loaded with the first server, hours later. The files of a package that is installed anew are gone for a moment, or
// are another version's then, and what could not be loaded once cannot be loaded by the process ever again
// (`Cannot find package … imported from …`). So a daemon loads all that it needs while it starts.
import '../transports/http/createHttpTransport.js';
import '../transports/stdio/stdioTransport.js';
import type { Daemon } from './Daemon.js';
import { type DaemonSetting, openDaemon } from './openDaemon.js';
import { readLimits } from './readLimits.js';
import { EXITS } from './startTerms.js';

/**
 * Serves until it is over. Signals: the first lets calls in flight finish, the second does not, nor does one
 * that finds it leaving already.
 *
 * @returns an exit code, one of `EXITS`
 * @throws ConfigFileError, ConfigError when the configuration or the environment cannot be used
 */
export async function runDaemon(setting: Omit<DaemonSetting, 'limits'>): Promise<number> {
  const { log } = setting;
  const daemon = openDaemon({ ...setting, limits: readLimits(process.env) });
  if (daemon === null) {
    log('daemon: failed: the configuration changed while the daemon was being started');
    return EXITS.otherFingerprint;
  }
  const leave = leaveBySignal(daemon);
  const { reason, error } = await daemon.stopped;
  leave();
  if (error !== null) log(`daemon: failed: ${error}`);
  log(`daemon: over: ${reason}`);
  return reason === 'unstarted' ? EXITS.failed : EXITS.well;
}

function leaveBySignal(daemon: Daemon): () => void {
  const onsignal = () => {
    const isLeaving = daemon.actor.getSnapshot().hasTag('leaving');
    daemon.actor.send({ type: isLeaving ? 'daemon.stop' : 'daemon.drain' });
  };
  const signals = ['SIGTERM', 'SIGINT'] as const;
  for (const signal of signals) process.on(signal, onsignal);
  return () => {
    for (const signal of signals) process.off(signal, onsignal);
  };
}
