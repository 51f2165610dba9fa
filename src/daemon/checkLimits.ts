import type { DaemonLimits } from '../../machines/index.js';
import { checkFields } from '../connection/checks.js';
import { checkDuration } from '../connection/config.js';
import { DEFAULT_LIMITS } from './Daemon.js';

/**
 * The limits that were given, without those that are undefined.
 *
 * @throws ConfigError naming the limit that is none
 */
export function checkLimits(
  given: { [name in keyof DaemonLimits]?: DaemonLimits[name] | undefined },
): Partial<DaemonLimits> {
  checkFields('limits', given, DEFAULT_LIMITS);
  const limits: Partial<DaemonLimits> = {};
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue;
    if (value !== 'unlimited' || name !== 'idle') {
      checkDuration(`limits.${name}`, value, 1, name === 'idle' ? " or 'unlimited'" : '');
    }
    Object.assign(limits, { [name]: value });
  }
  return limits;
}
