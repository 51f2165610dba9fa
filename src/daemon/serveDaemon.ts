import type { DaemonLimits, DaemonOutput } from '../../machines/index.js';
import { LifelineError } from '../errors.js';
import { ensureSafePlaces } from '../ipc/safeDirectory.js';
import { checkLimits } from './checkLimits.js';
import { settingOf } from './client/settingOf.js';
import { openDaemon } from './openDaemon.js';

export interface ServeDaemonOptions {
  /** Path of the configuration; naming it is trusting it. Default: found as the command finds it. */
  config?: string;
  /** One line for each thing that happens; they hold no secrets. Default: nobody is told */
  log?(line: string): void;
  /**
   * Milliseconds, 1 to 2147483647; `idle` can also be `unlimited`. See `DaemonLimits` for their defaults, which hold where
   * nothing is given, or undefined.
   */
  limits?: { [name in keyof DaemonLimits]?: DaemonLimits[name] | undefined };
  /** Has it leave, as soon as calls in flight have finished. */
  signal?: AbortSignal;
}

/**
 * Is the daemon of a configuration in this process, as `lifeline up --foreground` is: for a service manager, or a host
 * that lives long. Servers get their variables from the environment of this process.
 *
 * @returns why it is over: `taken` when another process is the daemon already
 * @throws ConfigFileError, ConfigError when the configuration, or a limit, cannot be used
 * @throws LifelineError `CONFIG_INVALID` when there is none, `NOT_TRUSTED` when it is a project's that nobody trusted
 * @throws UnsafePlaceError when others can get at its files
 */
export async function serveDaemon(options: ServeDaemonOptions = {}): Promise<DaemonOutput> {
  const { config, log = () => {}, limits = {}, signal } = options;
  signal?.throwIfAborted();
  const checked = checkLimits(limits);
  const setting = settingOf(config);
  ensureSafePlaces(setting.places);
  const daemon = openDaemon({ ...setting, limits: checked, log });
  if (daemon === null) {
    throw new LifelineError('CONFIG_INVALID', `${setting.path}: it changed while it was being read`);
  }
  const leave = () => daemon.drain();
  signal?.addEventListener('abort', leave, { once: true });
  const output = await daemon.stopped;
  signal?.removeEventListener('abort', leave);
  return output;
}
