// lifeline certify docs/examples/certify/lifeline.mjs
import { ConnectionManager } from 'mcp-lifeline';

export const name = 'mcp-lifeline';

export const claims = { joins: true, recovers: true, replaces: true, reopens: true, givesUp: true };

export function createSubject({ server, patience, retries }) {
  const manager = new ConnectionManager({
    name: 'certified',
    server: 'url' in server ? { url: server.url } : { command: server.command, args: [...server.args] },
    retryPolicy: {
      initialAttempts: 2,
      maxAttempts: retries === 'few' ? 2 : 'unlimited',
      backoffStrategy: { type: 'constant', delay: 100 },
    },
    healthCheck: { interval: patience / 16, timeout: patience / 16, failureThreshold: 2, confirmAfter: 50 },
    timeout: { connect: patience / 3, call: patience / 4, drain: patience / 16 },
  });
  return {
    connect: () => manager.connect(),
    close: () => manager.disconnect(),
    call: (tool, args, { repeatable }) =>
      manager.callTool({ name: tool, arguments: args }, { idempotent: repeatable }),
    state: () => manager.state.status,
    onChange: (listener) => manager.on('state', ({ to }) => listener(to.status)),
  };
}
