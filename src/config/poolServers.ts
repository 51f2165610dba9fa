import type { ConnectionConfig, ConnectionOptions } from '../connection/options.js';
import type { ServerConfig } from './serverConfig.types.js';

/** A server as a pool takes it: where it is, what must not be shown, and its own policies. */
export type ConfiguredServer = ConnectionConfig & Pick<ConnectionOptions, 'server' | 'secrets'>;

/**
 * The servers of a configuration for `createConnectionPool({ servers })`, without those that are disabled and those
 * that cannot be used here (`error`). Which of a server's tools may be used is for the caller to ask `isToolAllowed`.
 */
export function poolServers(servers: Iterable<readonly [string, ServerConfig]>): {
  [name: string]: ConfiguredServer;
} {
  const usable = [...servers].filter(([, { disabled, error }]) => !disabled && error === null);
  return Object.fromEntries(
    usable.map(([name, { server, policies, secrets }]) => [name, { ...policies, secrets, server }]),
  );
}
