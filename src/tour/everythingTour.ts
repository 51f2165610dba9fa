import type { ConnectionManager, ConnectionState } from '../index.js';
import { StdioTransport } from '../transports/stdio/stdioTransport.js';
import type { Stage, TourEvent } from './events.js';
import { EverythingOverHttp, everythingArgs } from './everything.js';
import { callTool, checkHealth, listTools, tellFeatures, withConnection } from './steps.js';

/** Longest wait for what follows a kill, in milliseconds: a slow machine, not a hang. */
const PATIENCE = 30_000;

/** Lasts long enough to be cut off. */
const LONG_CALL = { tool: 'trigger-long-running-operation', arguments: { duration: 30, steps: 3 } };
/** Made while nobody is there to answer it. */
const EARLY_CALL = { tool: 'echo', arguments: { message: 'still here' }, timeout: PATIENCE };
const SUM = { tool: 'get-sum', arguments: { a: 2, b: 40 }, timeout: PATIENCE };

/** A server on stdio that is killed with a call in flight. */
export async function crashOverStdio(stage: Stage): Promise<void> {
  const { tell, signal } = stage;
  const args = everythingArgs('stdio');
  const transports: StdioTransport[] = [];
  // The plain `{ command, args }` would do; a transport of ours tells the process to kill.
  const server = () => {
    const transport = new StdioTransport({ command: process.execPath, args });
    transports.push(transport);
    return transport;
  };
  const pid = () => transports.at(-1)?.pid ?? null;
  tell({ event: 'connection.began', server: 'server-everything over stdio' });
  const visit = async (manager: ConnectionManager) => {
    await lookAround(manager, stage);
    const call = callTool(manager, LONG_CALL, stage);
    kill(pid(), stage);
    await Promise.all([call, manager.waitFor('reconnecting', { signal, timeout: PATIENCE })]);
    await callTool(manager, EARLY_CALL, stage);
    await callTool(manager, SUM, stage);
  };
  await withConnection({ name: 'stdio', server }, stage, visit, pid);
  tell(gone(transports.map((transport) => transport.pid)));
}

/** A server over HTTP that is killed while nothing is asked of it, and started again without its sessions. */
export async function crashOverHttp(stage: Stage): Promise<void> {
  const { tell, signal } = stage;
  tell({ event: 'connection.began', server: 'server-everything over Streamable HTTP' });
  const server = await EverythingOverHttp.start(signal);
  const pids: number[] = [];
  const tellStarted = () => {
    pids.push(server.pid);
    tell({ event: 'server.started', pid: server.pid, url: server.url });
  };
  const visit = async (manager: ConnectionManager) => {
    await lookAround(manager, stage);
    kill(server.pid, stage);
    await manager.waitFor('reconnecting', { signal, timeout: PATIENCE });
    await server.kill();
    // One attempt in vain, to see that the backoff goes on; then there is somebody to find.
    await manager.waitFor(isSecondRetry, { signal, timeout: PATIENCE });
    await server.restart(signal);
    tellStarted();
    await callTool(manager, SUM, stage);
  };
  try {
    tellStarted();
    await withConnection({ name: 'http', server: { url: server.url } }, stage, visit);
  } finally {
    await server.kill();
  }
  tell(gone(pids));
}

async function lookAround(manager: ConnectionManager, stage: Stage): Promise<void> {
  tellFeatures(manager, stage);
  await checkHealth(manager, stage);
  await listTools(manager, stage);
  await callTool(manager, { tool: 'echo', arguments: { message: 'hello' } }, stage);
}

function kill(pid: number | null, { tell }: Stage): void {
  if (pid === null) throw new Error('there is no process to kill');
  tell({ event: 'server.killed', pid, signal: 'SIGKILL' });
  process.kill(pid, 'SIGKILL');
}

function isSecondRetry(state: ConnectionState): boolean {
  return state.status === 'reconnecting' && state.retryCount > 1;
}

/** @throws Error when one of the processes is still there */
function gone(pids: readonly (number | null)[]): TourEvent {
  const known = pids.filter((pid) => pid !== null);
  const alive = known.filter(isAlive);
  if (alive.length > 0) throw new Error(`still running: process ${alive.join(', ')}`);
  return { event: 'server.gone', pids: known };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
