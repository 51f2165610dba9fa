import { isToolAllowed, type ToolRules } from '../config/toolRules.js';
import type { ConnectionManager } from '../connection/ConnectionManager.js';
import type { CallOptions } from '../connection/call.types.js';
import { RequestFailedError } from '../ipc/errors.js';
import type { RequestContext } from '../ipc/incomingRequests.js';
import { FAULTS } from '../ipc/messages.js';
import type { Pool } from '../pool/pool.types.js';
import { allPages } from './allPages.js';
import { faultOf } from './faults.js';
import type { InspectionDesk } from './InspectionDesk.js';
import type { Params } from './params.js';
import type { DaemonMethod, DaemonRequests } from './protocol.types.js';

/** Milliseconds for a connection, where the client says nothing. How long a call may take then, its server's options say. */
const GET_TIMEOUT = 60_000;

/** What handlers need of a connection. */
export type ServerFace = Pick<
  ConnectionManager,
  | 'callTool'
  | 'checkHealth'
  | 'getPrompt'
  | 'listPrompts'
  | 'listResources'
  | 'listResourceTemplates'
  | 'listTools'
  | 'readResource'
  | 'stats'
>;

/** What the handlers find in the daemon. */
export interface Household {
  /** The one way to a server. */
  pool: Pick<Pool<ServerFace>, 'get' | 'restart'>;
  /** Which tools of a server may be seen and called; undefined for a server that is not configured. */
  rulesOf(server: string): ToolRules | undefined;
  /** Why a server cannot be used in this environment; null when it can, or is not configured. */
  errorOf(server: string): Error | null;
  servers(): DaemonRequests['servers.list']['result'];
  status(): DaemonRequests['daemon.status']['result'];
  stats(): DaemonRequests['daemon.stats']['result'];
  watch(context: RequestContext): Promise<null>;
  inspection: Pick<InspectionDesk, 'watch' | 'focus' | 'act'>;
  leave(isUrgent: boolean): void;
}

type Handler = (params: Params, context: RequestContext) => unknown;

/** Asks one server, over its connection. */
type Ask = (connection: ServerFace, params: Params, options: CallOptions, server: string) => Promise<unknown>;

/** What the daemon does for its clients, by method. */
export function createHandlers(household: Household): { readonly [Method in DaemonMethod]: Handler } {
  const { pool } = household;

  const ready = (server: string) => {
    const error = household.errorOf(server);
    if (error !== null) throw faultOf(error, server);
    return server;
  };

  const onServer =
    (ask: Ask): Handler =>
    async (params, { signal, progress }) => {
      const server = ready(params.text('server'));
      const timeout = params.duration('timeout');
      const rules = household.rulesOf(server);
      try {
        const connection = await pool.get(server, { signal, timeout: timeout ?? GET_TIMEOUT });
        const options = { signal, timeout, resetTimeoutOnProgress: true, onprogress: progress };
        return await ask(connection, params, options, server);
      } catch (error) {
        throw rules === undefined ? error : faultOf(error, server);
      }
    };

  const rulesOf = (server: string) => household.rulesOf(server) ?? {};

  return {
    'servers.list': () => household.servers(),
    'tools.list': onServer(async (connection, _, options, server) => {
      const all = await allPages(
        (page) => connection.listTools(page, options),
        ({ tools }) => tools,
      );
      return { tools: all.filter(({ name }) => isToolAllowed(rulesOf(server), name)) };
    }),
    'tools.call': onServer((connection, params, options, server) => {
      const name = params.text('tool');
      if (!isToolAllowed(rulesOf(server), name)) {
        const message = `${server}: the configuration does not allow the tool ${JSON.stringify(name)}`;
        throw new RequestFailedError(FAULTS.lifelineError, message, { code: 'TOOL_NOT_ALLOWED', server });
      }
      return connection.callTool({ name, arguments: params.object('arguments') }, options);
    }),
    'resources.list': onServer(async (connection, _, options) => ({
      resources: await allPages(
        (page) => connection.listResources(page, options),
        ({ resources }) => resources,
      ),
    })),
    'resources.templates': onServer(async (connection, _, options) => ({
      resourceTemplates: await allPages(
        (page) => connection.listResourceTemplates(page, options),
        ({ resourceTemplates }) => resourceTemplates,
      ),
    })),
    'resources.read': onServer((connection, params, options) =>
      connection.readResource({ uri: params.text('uri') }, options),
    ),
    'prompts.list': onServer(async (connection, _, options) => ({
      prompts: await allPages(
        (page) => connection.listPrompts(page, options),
        ({ prompts }) => prompts,
      ),
    })),
    'prompts.get': onServer((connection, params, options) =>
      connection.getPrompt({ name: params.text('prompt'), arguments: params.texts('arguments') }, options),
    ),
    'server.ping': onServer(async (connection, _, { signal }) => ({
      health: await connection.checkHealth({ signal }),
      latency: connection.stats.probes.lastLatency,
    })),
    'server.restart': async (params, { signal }) => {
      const server = ready(params.text('server'));
      await pool.restart(server, { signal, timeout: params.duration('timeout') ?? GET_TIMEOUT });
      return null;
    },
    'daemon.status': () => household.status(),
    'daemon.stats': () => household.stats(),
    'events.watch': (_, context) => household.watch(context),
    'inspect.watch': (params, context) => household.inspection.watch(params.text('feed'), context),
    'inspect.focus': (params) =>
      household.inspection.focus(params.text('feed'), params.has('name') ? params.text('name') : null),
    'inspect.act': (params, { signal }) =>
      household.inspection.act(params.text('action'), params.text('server'), signal),
    'daemon.stop': (params) => {
      household.leave(params.flag('isUrgent'));
      return null;
    },
  };
}

/** @throws RequestFailedError when the daemon does no such thing */
export function handlerOf(handlers: ReturnType<typeof createHandlers>, method: string): Handler {
  if (isMethod(handlers, method)) return handlers[method];
  throw new RequestFailedError(
    FAULTS.methodNotFound,
    `unknown method ${JSON.stringify(method.slice(0, 100))}`,
    {
      code: 'UNKNOWN_METHOD',
    },
  );
}

function isMethod(handlers: object, method: string): method is DaemonMethod {
  return Object.hasOwn(handlers, method);
}
