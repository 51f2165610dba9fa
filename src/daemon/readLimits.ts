import type { DaemonLimits } from '../../machines/index.js';
import { ConfigError } from '../errors.js';

const IDLE = 'MCP_LIFELINE_IDLE_TIMEOUT';

/**
 * What the environment says of the daemon's limits: `MCP_LIFELINE_IDLE_TIMEOUT`, in milliseconds or `unlimited`.
 *
 * @throws ConfigError when it is neither
 */
export function readLimits(env: { readonly [name: string]: string | undefined }): Partial<DaemonLimits> {
  const idle = env[IDLE];
  if (idle === undefined || idle === '') return {};
  if (idle === 'unlimited') return { idle };
  const milliseconds = Number(idle);
  if (milliseconds >= 1 && milliseconds < 2 ** 31) return { idle: milliseconds };
  throw new ConfigError(IDLE, idle, "milliseconds, or 'unlimited'");
}
