import { loadConfig } from '../config/loadConfig.js';
import { poolServers } from '../config/poolServers.js';
import type { Deadline } from '../daemon/client/Deadline.js';
import type { Setting } from '../daemon/client/setting.js';
import { createHandlers, handlerOf } from '../daemon/handlers.js';
import { Params } from '../daemon/params.js';
import type { DaemonMethod, DaemonRequests } from '../daemon/protocol.types.js';
import { summarize } from '../daemon/servers.js';
import { RequestFailedError } from '../ipc/errors.js';
import { FAULTS } from '../ipc/messages.js';
import { createConnectionPool } from '../pool/ConnectionPool.js';
import type { AskOptions, Backend } from './backend.types.js';
import { CommandError, memberOf } from './exits.js';

/**
 * Does without a daemon: the servers are started for this command, and end with it.
 *
 * @throws ConfigFileError when the configuration cannot be used
 */
export function openInProcess({ setting, deadline }: { setting: Setting; deadline: Deadline }): Backend {
  const { servers } = loadConfig({ path: setting.path, text: setting.text, env: process.env });
  const pool = createConnectionPool({ servers: poolServers(servers) });
  const notHere = (what: string) => (): never => {
    const message = `${what}: there is none with --no-daemon`;
    throw new RequestFailedError(FAULTS.lifelineError, message, { code: 'INVALID_PARAMS' });
  };
  const handlers = createHandlers({
    pool,
    rulesOf: (server) => servers.get(server),
    errorOf: (server) => servers.get(server)?.error ?? null,
    servers: () => summarize(servers, pool),
    status: notHere('status of a daemon'),
    stats: () => ({ pool: pool.stats, servers: pool.entries }),
    watch: notHere('events of a daemon'),
    inspection: {
      watch: notHere('inspection of a daemon'),
      focus: notHere('inspection of a daemon'),
      act: notHere('inspection of a daemon'),
    },
    leave: notHere('stopping a daemon'),
  });

  async function request<Method extends DaemonMethod>(
    method: Method,
    params?: DaemonRequests[Method]['params'],
    options?: AskOptions,
  ): Promise<DaemonRequests[Method]['result']>;
  async function request(method: string, params?: object, options: AskOptions = {}): Promise<unknown> {
    const { timeout } = deadline;
    const limited = timeout === undefined ? params : { ...params, timeout };
    const asked = memberOf(params, 'server');
    const who = typeof asked === 'string' ? asked : method;
    const over = AbortSignal.any([deadline.signal, timeoutSignal(who, deadline)]);
    const progress = (value: unknown) => options.onprogress?.(value);
    try {
      return await handlerOf(handlers, method)(new Params(method, limited), { signal: over, progress });
    } catch (error) {
      // Handlers make faults of servers of what they cannot know.
      throw over.aborted ? over.reason : error;
    }
  }
  return { request, close: () => pool[Symbol.asyncDispose]() };
}

function timeoutSignal(who: string, { left, words }: Deadline): AbortSignal {
  const controller = new AbortController();
  const late = () => controller.abort(new CommandError('REQUEST_TIMEOUT', `${who}: ${words}`));
  // Must not keep the process when all is done.
  setTimeout(late, left).unref();
  return controller.signal;
}
