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
 * Every request throws `DaemonRequestError`; `IpcError` and `LifelineError` where no daemon could be reached, or
 * started; the reason of its signal.
 */
export class DaemonClient {
  readonly #link: DaemonLink;

  /** Internal: see `createDaemonClient`. */
  constructor(link: DaemonLink) {
    this.#link = link;
  }

  /** The configured servers, those included that nobody has used. */
  async servers(options?: DaemonRequestOptions): Promise<readonly ServerSummary[]> {
    return this.#ask('servers.list', undefined, options);
  }

  /** All that the configuration allows. */
  async listTools(server: string, options?: DaemonRequestOptions): Promise<readonly Tool[]> {
    return (await this.#ask('tools.list', { server }, options)).tools;
  }

  async callTool(
    server: string,
    tool: string,
    args: { [name: string]: unknown } = {},
    options?: DaemonRequestOptions,
  ): Promise<CallToolResult> {
    return this.#ask('tools.call', { server, tool, arguments: args }, options);
  }

  async listResources(server: string, options?: DaemonRequestOptions): Promise<readonly Resource[]> {
    return (await this.#ask('resources.list', { server }, options)).resources;
  }

  async listResourceTemplates(
    server: string,
    options?: DaemonRequestOptions,
  ): Promise<readonly ResourceTemplate[]> {
    return (await this.#ask('resources.templates', { server }, options)).resourceTemplates;
  }

  async readResource(
    server: string,
    uri: string,
    options?: DaemonRequestOptions,
  ): Promise<ReadResourceResult> {
    return this.#ask('resources.read', { server, uri }, options);
  }

  async listPrompts(server: string, options?: DaemonRequestOptions): Promise<readonly Prompt[]> {
    return (await this.#ask('prompts.list', { server }, options)).prompts;
  }

  async getPrompt(
    server: string,
    prompt: string,
    args: { [name: string]: string } = {},
    options?: DaemonRequestOptions,
  ): Promise<GetPromptResult> {
    return this.#ask('prompts.get', { server, prompt, arguments: args }, options);
  }

  /** Health, and the latency of the last probe in milliseconds. */
  async ping(
    server: string,
    options?: DaemonRequestOptions,
  ): Promise<{ health: HealthStatus; latency: number | null }> {
    return this.#ask('server.ping', { server }, options);
  }

  /** A new session, now. */
  async restart(server: string, options?: DaemonRequestOptions): Promise<void> {
    await this.#ask('server.restart', { server }, options);
  }

  async status(options?: DaemonRequestOptions): Promise<DaemonStatus> {
    return this.#ask('daemon.status', undefined, options);
  }

  async stats(options?: DaemonRequestOptions): Promise<DaemonRequests['daemon.stats']['result']> {
    return this.#ask('daemon.stats', undefined, options);
  }

  /** Tells what happens to the connections. Resolves when the daemon leaves; rejects when it is lost, or aborted. */
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

  /** Has the daemon leave, for everybody: when calls in flight have finished, or at once. */
  async stop({ isUrgent = false }: { isUrgent?: boolean } = {}): Promise<void> {
    await this.#ask('daemon.stop', { isUrgent }, undefined);
  }

  /** Lets go of the daemon, which stays. Requests in flight are withdrawn. */
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
