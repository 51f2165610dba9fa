import { poolServers } from '../config/poolServers.js';
import type { ServerConfig } from '../config/serverConfig.types.js';
import type { ConnectionManager } from '../connection/ConnectionManager.js';
import type { ConnectionStatus } from '../connection/state.js';
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

/** What can be seen of a connection without using it. */
type Look = Pick<ConnectionManager, 'health' | 'failure'> & {
  readonly state: { readonly status: ConnectionStatus };
};

/**
 * How the servers of a configuration are, those included that nobody has used, and those that no `get` hands out
 * because they have failed or wait for an authorization.
 */
export function summarize(servers: Servers, pool: Pick<Pool<Look>, 'peek'>): ServerSummary[] {
  return [...servers].map(([name, { server, disabled, error }]) => {
    const connection = pool.peek(name);
    const status = connection?.state.status ?? 'disconnected';
    const reason = error ?? (status === 'connected' ? null : (connection?.failure ?? null));
    return {
      name,
      kind: 'command' in server ? 'stdio' : 'http',
      isDisabled: disabled,
      status,
      health: connection?.health ?? null,
      error: reason === null ? null : { code: reason.code, message: reason.message },
    };
  });
}
