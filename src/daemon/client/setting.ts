import { homedir } from 'node:os';
import { join } from 'node:path';
import { type ConfigSource, findConfig } from '../../config/findConfig.js';
import { fingerprint } from '../../config/fingerprint.js';
import { trustDirectory } from '../../config/places.js';
import { readConfigText } from '../../config/readConfigText.js';
import { type Trust, trustOf } from '../../config/trust.js';
import { LifelineError } from '../../errors.js';
import { escapeText } from '../../escape.js';
import type { Places } from '../../ipc/places.js';
import { PACKAGE } from '../../package.js';
import { daemonPlaces } from '../versionPointer.js';

/** Which configuration holds for this command, and where its daemon is. */
export interface Setting {
  path: string;
  /** `demo`: nobody has one, and the server that ships with the package is used. */
  source: ConfigSource | 'demo';
  text: string;
  trust: Trust;
  fingerprint: string;
  places: Places;
  version: string;
}

/**
 * @param build the folder of the compiled sources
 * @throws ConfigFileError when a file that was named is not there, or one cannot be read
 */
export function findSetting({ config, build }: { config: string | undefined; build: string }): Setting {
  const around = { env: process.env, home: homedir(), platform: process.platform };
  const found = findConfig({ ...around, flag: config, cwd: workingDirectory() });
  const path = found?.path ?? join(build, 'demo', 'config.json');
  const text = readConfigText(path);
  const trust: Trust =
    found === null ? { trusted: true } : trustOf({ ...found, text, directory: trustDirectory(around) });
  const print = fingerprint({ path, text, env: process.env });
  return {
    path,
    source: found?.source ?? 'demo',
    text,
    trust,
    fingerprint: print,
    places: daemonPlaces({ fingerprint: print, version: PACKAGE.version }),
    version: PACKAGE.version,
  };
}

function workingDirectory(): string {
  try {
    return process.cwd();
  } catch {
    throw new LifelineError(
      'CONFIG_INVALID',
      'the folder that you are in is not there any more; go to another one',
    );
  }
}

/**
 * A project's file starts programs, so the user must have looked at it.
 *
 * @throws LifelineError `NOT_TRUSTED`
 */
export function demandTrust({ path, trust }: Setting): void {
  if (trust.trusted) return;
  const why =
    trust.reason === 'changed'
      ? 'has changed since you trusted it, and it starts programs'
      : 'came with the project and starts programs, and you have not trusted it yet';
  throw new LifelineError(
    'NOT_TRUSTED',
    `${escapeText(path)} ${why}: look at it with \`lifeline trust\`, or name it with --config`,
  );
}
