import type { DaemonLimits } from '../../machines/index.js';
import { describeProblem } from '../config/configFileError.js';
import { fingerprint as fingerprintOf } from '../config/fingerprint.js';
import { loadConfig } from '../config/loadConfig.js';
import { readConfigText } from '../config/readConfigText.js';
import type { Ownership } from '../ipc/ownership.js';
import type { Places } from '../ipc/places.js';
import { PACKAGE } from '../package.js';
import { Daemon } from './Daemon.js';
import { VersionPointer } from './versionPointer.js';

export interface DaemonSetting {
  /** Of the configuration file. */
  path: string;
  /** What it and its variables were found to be. */
  fingerprint: string;
  places: Places;
  /** Of the places, when the process has it already; see `DaemonOptions`. */
  ownership?: Ownership;
  limits: Partial<DaemonLimits>;
  log(line: string): void;
}

/**
 * Begins to serve a configuration; null when it is not the one any more that the fingerprint speaks of.
 *
 * @throws ConfigFileError, ConfigError when the configuration cannot be used
 */
export function openDaemon({ ownership, ...setting }: DaemonSetting): Daemon | null {
  const { path, fingerprint, places, limits, log } = setting;
  const read = () => {
    const text = readConfigText(path);
    return { text, fingerprint: fingerprintOf({ path, text, env: process.env }) };
  };
  const config = read();
  if (config.fingerprint !== fingerprint) return null;
  const { servers, warnings } = loadConfig({ path, text: config.text, env: process.env });
  for (const warning of warnings) log(`daemon: ${path}: ${describeProblem(warning)}`);
  for (const { error } of servers.values()) {
    if (error !== null) log(`daemon: without a server: ${error.message}`);
  }
  return new Daemon({
    places,
    ...(ownership && { ownership }),
    fingerprint,
    version: PACKAGE.version,
    servers,
    isConfigSame: () => read().fingerprint === fingerprint,
    pointer: new VersionPointer({ fingerprint, version: PACKAGE.version }),
    limits,
    log,
  });
}
