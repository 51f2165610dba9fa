/** What commands ask of the daemon, and what they get. Only names of configured servers go over the socket. */
import type {
  CallToolResult,
  GetPromptResult,
  Prompt,
  ReadResourceResult,
  Resource,
  ResourceTemplate,
  Tool,
} from '@modelcontextprotocol/sdk/types.js';
import type { HealthStatus } from '../../machines/index.js';
import type { ConnectionStatus } from '../connection/state.js';
import type { LifelineErrorCode } from '../errors.js';
import type { ActionOutcome, InspectionAction } from '../inspect/frames.types.js';
import type { PoolEntryStats, PoolStats } from '../pool/stats.js';

/** Which server, and how long the request may take, in milliseconds; default: what its options say. */
export interface ServerParams {
  server: string;
  timeout?: number;
}

export interface ServerSummary {
  name: string;
  kind: 'stdio' | 'http';
  isDisabled: boolean;
  status: ConnectionStatus;
  health: HealthStatus | null;
  /**
   * Why it is not connected, though it may be wanted; null where there is nothing to say. `CONFIG_INVALID` where the
   * configuration cannot be used here: a variable that is not set, with the file and the place in it.
   */
  error: { readonly code: LifelineErrorCode; readonly message: string } | null;
}

export interface DaemonStatus {
  pid: number;
  version: string;
  /** Epoch milliseconds. */
  startedAt: number;
  clients: number;
  requests: number;
  pool: PoolStats;
  servers: readonly ServerSummary[];
}

/** Requests by their methods. Results of a server's are as the server gave them. */
export interface DaemonRequests {
  'servers.list': { params: undefined; result: readonly ServerSummary[] };
  'tools.list': { params: ServerParams; result: { tools: readonly Tool[] } };
  'tools.call': {
    params: ServerParams & { tool: string; arguments?: { [name: string]: unknown } };
    result: CallToolResult;
  };
  'resources.list': { params: ServerParams; result: { resources: readonly Resource[] } };
  'resources.templates': { params: ServerParams; result: { resourceTemplates: readonly ResourceTemplate[] } };
  'resources.read': { params: ServerParams & { uri: string }; result: ReadResourceResult };
  'prompts.list': { params: ServerParams; result: { prompts: readonly Prompt[] } };
  'prompts.get': {
    params: ServerParams & { prompt: string; arguments?: { [name: string]: string } };
    result: GetPromptResult;
  };
  'server.ping': { params: ServerParams; result: { health: HealthStatus; latency: number | null } };
  'server.restart': { params: ServerParams; result: null };
  'daemon.status': { params: undefined; result: DaemonStatus };
  'daemon.stats': { params: undefined; result: { pool: PoolStats; servers: readonly PoolEntryStats[] } };
  /** Answered when it is cancelled, or the daemon leaves; what happens comes as progress until then. */
  'events.watch': { params: undefined; result: null };
  /**
   * For the page that shows connections. Answered when it is cancelled, or the daemon leaves; until then frames come as
   * progress. `feed` is a name that the client makes up, for `inspect.focus`.
   */
  'inspect.watch': { params: { feed: string }; result: null };
  /** Which connection a feed is to be told all about; none without `name`. */
  'inspect.focus': { params: { feed: string; name?: string }; result: null };
  /** Of connections that are there: nothing is started. What goes wrong is an outcome, too. */
  'inspect.act': { params: ServerParams & { action: InspectionAction }; result: ActionOutcome };
  /** `isUrgent`: without waiting for calls in flight. */
  'daemon.stop': { params: { isUrgent?: boolean } | undefined; result: null };
}

export type DaemonMethod = keyof DaemonRequests;

/** What `events.watch` reports. */
export interface DaemonNews {
  /** Epoch milliseconds. */
  time: number;
  server: string;
  kind: 'state' | 'health' | 'call' | 'notification';
  /** In words, safe on a terminal. */
  text: string;
}

/** What an error of the daemon's carries beside its message. */
export interface DaemonFaultData {
  /** As in the package's errors; `SERVER_ERROR` is what the server answered, `INVALID_PARAMS` what cannot be asked. */
  code: string;
  server?: string;
  /** Of the connection, when the call ended. */
  state?: string;
  mayHaveExecuted?: boolean;
  /** Of the server's own error. */
  rpcCode?: number;
  data?: unknown;
}
