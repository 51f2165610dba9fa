// The runtime of mcporter. It connects when it is asked something and keeps the connection; one on which a request failed
// is dropped, and the next request makes another. It tells no state. With `allowCachedAuth`, connect() makes the connection
// that callTool() uses.
// biome-ignore lint/correctness/noUndeclaredDependencies: brought when it is run
import { createRuntime } from 'mcporter';

export const name = 'mcporter, createRuntime()';

export const claims = { joins: true, reopens: true, recovers: true };

const logger = { info: () => {}, warn: () => {}, error: () => {}, debug: () => {} };

export async function createSubject({ server, patience }) {
  const command =
    'url' in server
      ? { kind: 'http', url: new URL(server.url) }
      : { kind: 'stdio', command: server.command, args: [...server.args], cwd: process.cwd() };
  const runtime = await createRuntime({ servers: [{ name: 'certified', command }], logger });
  return {
    connect: () => runtime.connect('certified', { allowCachedAuth: true }),
    close: () => runtime.close(),
    call: (tool, args) => runtime.callTool('certified', tool, { args, timeoutMs: Math.round(patience / 3) }),
  };
}
