import type { ServerConfig } from '../config/serverConfig.types.js';
import type { PoolServer } from '../pool/options.js';
import type { Pool } from '../pool/pool.types.js';
import type { ServerSummary } from './protocol.types.js';

type Servers = ReadonlyMap<string, ServerConfig>;

/**
 * The servers of a configuration as a pool has them; without those that are not to be used.
 *
 * @param marks put into the environment of each program
 */
export function poolServers(
  servers: Servers,
  marks: { [name: string]: string } = {},
): { [name: string]: PoolServer } {
  const usable = [...servers].filter(([, { disabled }]) => !disabled);
  return Object.fromEntries(
    usable.map(([name, { server, policies, secrets }]): [string, PoolServer] => [
      name,
      {
        ...policies,
        secrets,
        server: 'command' in server ? { ...server, env: { ...server.env, ...marks } } : server,
      },
    ]),
  );
}

/** How the servers of a configuration are, those included that nobody has used. */
export function summarize(servers: Servers, pool: Pick<Pool, 'entries'>): ServerSummary[] {
  const entries = new Map(pool.entries.map((entry) => [entry.name, entry]));
  return [...servers].map(([name, { server, disabled }]) => {
    const { status = 'disconnected', health = null, error = null } = entries.get(name) ?? {};
    const kind = 'command' in server ? 'stdio' : 'http';
    return { name, kind, isDisabled: disabled, status, health, error };
  });
}
