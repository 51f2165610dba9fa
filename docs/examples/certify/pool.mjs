// lifeline certify docs/examples/certify/pool.mjs
//
// A pool of connections of this package, of which one is used: each call asks the pool, which hands out what was checked.
import { createConnectionPool } from 'mcp-lifeline';

export const name = 'mcp-lifeline, pool';

export const claims = { joins: true, recovers: true, replaces: true };

export function createSubject({ server, patience }) {
  const pool = createConnectionPool({
    servers: {
      certified: {
        server: 'url' in server ? { url: server.url } : { command: server.command, args: [...server.args] },
      },
    },
    retryPolicy: { initialAttempts: 2, backoffStrategy: { type: 'constant', delay: 100 } },
    healthCheck: { interval: patience / 16, timeout: patience / 16, failureThreshold: 2, confirmAfter: 50 },
    timeout: { connect: patience / 3, call: patience / 4, drain: patience / 16 },
    limits: { drain: patience / 16, close: patience },
  });
  const limit = { timeout: patience / 2 };
  return {
    connect: () => pool.get('certified', limit),
    close: () => pool.drain(),
    call: async (tool, args, { repeatable }) => {
      const manager = await pool.get('certified', limit);
      return manager.callTool({ name: tool, arguments: args }, { idempotent: repeatable });
    },
  };
}
