import { poolServers } from '../config/poolServers.js';
import type { ServerConfig } from '../config/serverConfig.types.js';
import type { PoolServer } from '../pool/options.js';
import type { Pool } from '../pool/pool.types.js';
import type { ServerSummary } from './protocol.types.js';

type Servers = ReadonlyMap<string, ServerConfig>;

/**
 * The servers of a configuration as the daemon's pool has them.
 *
 * @param marks put into the environment of each program
 */
export function markedServers(
  servers: Servers,
  marks: { [name: string]: string },
): { [name: string]: PoolServer } {
  return Object.fromEntries(
    Object.entries(poolServers(servers)).map(([name, { server, ...options }]) => {
      const isProgram = typeof server === 'object' && 'command' in server;
      const marked = isProgram ? { ...server, env: { ...server.env, ...marks } } : server;
      return [name, { ...options, server: marked }];
    }),
  );
}

/** How the servers of a configuration are, those included that nobody has used. */
export function summarize(servers: Servers, pool: Pick<Pool, 'entries'>): ServerSummary[] {
  const entries = new Map(pool.entries.map((entry) => [entry.name, entry]));
  return [...servers].map(([name, { server, disabled, error }]) => {
    const { status = 'disconnected', health = null } = entries.get(name) ?? {};
    const kind = 'command' in server ? 'stdio' : 'http';
    return { name, kind, isDisabled: disabled, problem: error?.message ?? null, status, health };
  });
}
