import type {
  CallToolResult,
  GetPromptResult,
  Prompt,
  ReadResourceResult,
  Resource,
  ResourceTemplate,
  Tool,
} from '@modelcontextprotocol/sdk/types.js';
import type { HealthStatus } from '../../../machines/index.js';
import { checkDuration } from '../../connection/config.js';
import type {
  DaemonMethod,
  DaemonNews,
  DaemonRequests,
  DaemonStatus,
  ServerSummary,
} from '../protocol.types.js';
import { DaemonLink } from './DaemonLink.js';
import { requestErrorOf } from './DaemonRequestError.js';
import { Deadline } from './Deadline.js';
import { settingOf } from './settingOf.js';

export interface DaemonClientOptions {
  /** Path of the configuration; naming it is trusting it. Default: found as the command finds it. */
  config?: string;
  /** Whether a daemon is started when there is none. Default true */
  mayStart?: boolean;
}

export interface DaemonRequestOptions {
  signal?: AbortSignal;
  /**
   * Milliseconds for all of it, finding or starting the daemon included. Default: 60 s for the connection to the
   * server, then what its configuration says for the request (`timeout.call`, begun anew with each sign of progress, and
   * `timeout.callTotal`), and 11 min in all: a request that may take longer needs a timeout here.
   */
  timeout?: number;
  /** What the server says of how far it is, as MCP's progress. */
  onprogress?(progress: unknown): void;
}

type AskOptions = Omit<DaemonRequestOptions, 'timeout'> & { timeout?: number | 'unlimited' };

/**
 * Finds out which configuration holds here. The daemon itself is found, or started, when something is asked.
 *
 * @throws ConfigFileError when the file that was named is not there, or it cannot be read
 * @throws LifelineError `CONFIG_INVALID` when there is none, `NOT_TRUSTED` when it is a project's that nobody trusted
 */
export function createDaemonClient({ config, mayStart = true }: DaemonClientOptions = {}): DaemonClient {
  return new DaemonClient(new DaemonLink({ setting: settingOf(config), mayStart }));
}

/**
 * The servers of a configuration, in the daemon that all hosts and commands of a user share. The daemon is found, or
 * started, when something is asked; when it is gone, the next request finds the next one.
 *
 * What a request throws: `DaemonRequestError` for what the daemon or the server answered, and when the daemon was lost or
 * late; `IpcError` where no daemon could be reached or started (`NO_DAEMON`, `DAEMON_FAILED`, `DAEMON_FROZEN` and others), and
 * before anything was sent `TOO_MANY_IN_FLIGHT` for more than 10,000 requests at once, `IPC_PROTOCOL` for arguments
 * that are no JSON or more than 64 MiB; `LifelineError` `CONFIG_INVALID` where the daemon cannot use the configuration;
 * `ConfigError` for a timeout that is none; the reason of its signal.
 */
export class DaemonClient {
  readonly #link: DaemonLink;

  /** Internal: see `createDaemonClient`. */
  constructor(link: DaemonLink) {
    this.#link = link;
  }

  /**
   * The configured servers, those included that nobody has used, and how they are. Asks none of them.
   *
   * @param options `timeout` by default 11 min
   * @throws as the class says
   */
  async servers(options?: DaemonRequestOptions): Promise<readonly ServerSummary[]> {
    return this.#ask('servers.list', undefined, options);
  }

  /**
   * The tools of a server, all pages of the list, without those that the configuration does not allow. Connects if need be.
   *
   * @throws DaemonRequestError `UNKNOWN_SERVER`; `SERVER_ERROR` as the server answered
   */
  async listTools(server: string, options?: DaemonRequestOptions): Promise<readonly Tool[]> {
    return (await this.#ask('tools.list', { server }, options)).tools;
  }

  /**
   * Calls a tool. An answer with `isError` is an answer. It is never asked twice: when the daemon is lost with it, it
   * rejects, and `mayHaveExecuted` says whether the server can have acted.
   *
   * @param args default: none
   * @throws DaemonRequestError `UNKNOWN_SERVER`, `TOOL_NOT_ALLOWED`; `CALL_TIMEOUT` or `REQUEST_TIMEOUT` when it took too
   * long; `PEER_GONE`, `DAEMON_STOPPED`
   */
  async callTool(
    server: string,
    tool: string,
    args: { [name: string]: unknown } = {},
    options?: DaemonRequestOptions,
  ): Promise<CallToolResult> {
    return this.#ask('tools.call', { server, tool, arguments: args }, options);
  }

  /**
   * The resources of a server, all pages of the list. Connects if need be.
   *
   * @throws DaemonRequestError `UNKNOWN_SERVER`; `SERVER_ERROR` as the server answered
   */
  async listResources(server: string, options?: DaemonRequestOptions): Promise<readonly Resource[]> {
    return (await this.#ask('resources.list', { server }, options)).resources;
  }

  /**
   * The templates of resources that a server does not list, all pages. Connects if need be.
   *
   * @throws DaemonRequestError `UNKNOWN_SERVER`; `SERVER_ERROR` as the server answered
   */
  async listResourceTemplates(
    server: string,
    options?: DaemonRequestOptions,
  ): Promise<readonly ResourceTemplate[]> {
    return (await this.#ask('resources.templates', { server }, options)).resourceTemplates;
  }

  /**
   * Reads a resource, whatever the server has under this URI. Connects if need be.
   *
   * @throws DaemonRequestError `UNKNOWN_SERVER`; `SERVER_ERROR` as the server answered
   */
  async readResource(
    server: string,
    uri: string,
    options?: DaemonRequestOptions,
  ): Promise<ReadResourceResult> {
    return this.#ask('resources.read', { server, uri }, options);
  }

  /**
   * The prompts of a server, all pages of the list. Connects if need be.
   *
   * @throws DaemonRequestError `UNKNOWN_SERVER`; `SERVER_ERROR` as the server answered
   */
  async listPrompts(server: string, options?: DaemonRequestOptions): Promise<readonly Prompt[]> {
    return (await this.#ask('prompts.list', { server }, options)).prompts;
  }

  /**
   * Has the server fill in a prompt. Connects if need be.
   *
   * @param args texts, as MCP wants them. Default: none
   * @throws DaemonRequestError `UNKNOWN_SERVER`; `SERVER_ERROR` as the server answered
   */
  async getPrompt(
    server: string,
    prompt: string,
    args: { [name: string]: string } = {},
    options?: DaemonRequestOptions,
  ): Promise<GetPromptResult> {
    return this.#ask('prompts.get', { server, prompt, arguments: args }, options);
  }

  /**
   * Connects if need be, and asks whether the server lives.
   *
   * @returns health, and the latency of the last probe in milliseconds; null where it was never probed
   * @throws DaemonRequestError `UNKNOWN_SERVER`, or why there is no connection. A server that does not answer is
   * unhealthy, and no error
   */
  async ping(
    server: string,
    options?: DaemonRequestOptions,
  ): Promise<{ health: HealthStatus; latency: number | null }> {
    return this.#ask('server.ping', { server }, options);
  }

  /**
   * A new session with the server, for everybody: its process ends, and another one is started. Resolves when it is there.
   *
   * @param options `timeout` by default 60 s for the new session
   * @throws DaemonRequestError `UNKNOWN_SERVER`, or why there is no connection
   */
  async restart(server: string, options?: DaemonRequestOptions): Promise<void> {
    await this.#ask('server.restart', { server }, options);
  }

  /**
   * The daemon and its connections. Starts one if there is none, unless `mayStart` is false.
   *
   * @throws as the class says
   */
  async status(options?: DaemonRequestOptions): Promise<DaemonStatus> {
    return this.#ask('daemon.status', undefined, options);
  }

  /**
   * What the connections did since the daemon started. Starts one if there is none, unless `mayStart` is false.
   *
   * @throws as the class says
   */
  async stats(options?: DaemonRequestOptions): Promise<DaemonRequests['daemon.stats']['result']> {
    return this.#ask('daemon.stats', undefined, options);
  }

  /**
   * Tells what happens to the connections, without a limit of time.
   *
   * @param listener is called for each thing that happens; what it throws is lost
   * @returns resolves when the daemon leaves
   * @throws DaemonRequestError `PEER_GONE` when the daemon is lost; the reason of the signal
   */
  async watch(
    listener: (news: DaemonNews) => void,
    { signal }: Pick<DaemonRequestOptions, 'signal'> = {},
  ): Promise<void> {
    await this.#ask('events.watch', undefined, {
      timeout: 'unlimited',
      onprogress: (news) => {
        if (isNews(news)) listener(news);
      },
      ...(signal && { signal }),
    });
  }

  /**
   * Has the daemon leave, for everybody. Resolves when it was told, not when it is gone. One is started to be told if there
   * is none, unless `mayStart` is false.
   *
   * @param options `isUrgent`: calls in flight are cancelled. Default false: they finish, 30 s at most
   * @throws as the class says
   */
  async stop({ isUrgent = false }: { isUrgent?: boolean } = {}): Promise<void> {
    await this.#ask('daemon.stop', { isUrgent }, undefined);
  }

  /** Lets go of the daemon, which stays. Requests in flight are withdrawn: they reject with `PEER_GONE`. Never rejects. */
  async close(): Promise<void> {
    await this.#link.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #ask<Method extends DaemonMethod>(
    method: Method,
    params: DaemonRequests[Method]['params'],
    { signal = new AbortController().signal, timeout, onprogress }: AskOptions = {},
  ): Promise<DaemonRequests[Method]['result']> {
    if (timeout !== undefined && timeout !== 'unlimited') checkDuration('timeout', timeout, 1);
    const deadline = new Deadline(timeout, signal);
    try {
      return await this.#link.request(method, params, { deadline, ...(onprogress && { onprogress }) });
    } catch (error) {
      const server = params !== undefined && 'server' in params ? params.server : null;
      throw requestErrorOf(error, server);
    }
  }
}

function isNews(news: unknown): news is DaemonNews {
  return typeof news === 'object' && news !== null && 'server' in news;
}
