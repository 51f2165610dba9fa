/**
 * The process of a daemon: `MCP_LIFELINE_FINGERPRINT=<expected> node main.js <configuration file>`. Whoever starts it
 * gives it the environment that the configuration's variables are looked up in.
 */
import { messageOf } from '../errors.js';
import { acquire } from '../ipc/ownership.js';
import { ensureSafePlaces } from '../ipc/safeDirectory.js';
import { PACKAGE } from '../package.js';
import { LogFile } from './logFile.js';
import { EXITS, FINGERPRINT_VARIABLE } from './startTerms.js';
import { daemonPlaces } from './versionPointer.js';

const [path] = process.argv.slice(2);
const fingerprint = process.env[FINGERPRINT_VARIABLE];
if (path === undefined || fingerprint === undefined) {
  throw new Error(`usage: ${FINGERPRINT_VARIABLE}=<fingerprint> node main.js <configuration file>`);
}

const places = daemonPlaces({ fingerprint, version: PACKAGE.version });
ensureSafePlaces(places);
const log = new LogFile(places.log);
const fail = (error: unknown, code: number) => {
  log.write(`daemon: failed: ${messageOf(error)}`);
  process.exit(code);
};
process.on('uncaughtException', (error) => fail(error, EXITS.failed));

try {
  // Before anything is loaded: of many that are started at once, all but one end before they have cost much.
  const acquisition = acquire(places);
  if (acquisition.kind === 'owned') {
    log.write(`daemon: over: ${acquisition.by.pid} is the daemon`);
    process.exit(EXITS.well);
  }
  // Until now the files of a daemon of long ago could be removed, the log among them.
  log.reopen();
  // Loaded only now, so that what goes wrong with it is in the log.
  const { runDaemon } = await import('./runDaemon.js');
  const { ownership } = acquisition;
  const code = await runDaemon({ path, fingerprint, places, ownership, log: (line) => log.write(line) });
  // What would not end in time must not keep it.
  process.exit(code);
} catch (error) {
  const isConfig = error instanceof Error && 'code' in error && error.code === 'CONFIG_INVALID';
  fail(error, isConfig ? EXITS.configInvalid : EXITS.failed);
}
