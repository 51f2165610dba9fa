import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import type { RequestOptions } from '@modelcontextprotocol/sdk/shared/protocol.js';
import type { LoggingLevel, Tool } from '@modelcontextprotocol/sdk/types.js';
import type { CallOptions, CallRules, Send } from './call.types.js';
import type { Calls } from './calls.js';

type Params<Method extends keyof Client> = Client[Method] extends (
  params: infer First,
  ...rest: never[]
) => unknown
  ? First
  : never;
type Result<Method extends keyof Client> = Client[Method] extends (...args: never[]) => infer Returned
  ? Returned
  : never;

/** By the name of the tool. */
type Annotations = Map<string, Tool['annotations']>;

/**
 * The SDK client's calls, carried by whichever session is up. All of them throw the server's own
 * error, the signal's reason, or a `CallError`.
 */
export abstract class ClientCalls {
  protected abstract readonly calls: Calls;
  /**
   * What each session's server says of its tools, as last listed there: another session may have another
   * server. Read only where the caller trusts it.
   */
  #annotations = new WeakMap<Client, Annotations>();

  callTool(params: Params<'callTool'>, options: CallOptions = {}): Result<'callTool'> {
    if (options.trustAnnotations === true && options.idempotent !== true) {
      return this.#callAnnotated(params, options);
    }
    return this.#call(
      'tools/call',
      (client, request) => client.callTool(params, undefined, request),
      options,
      false,
      params.name,
    );
  }

  listTools(params?: Params<'listTools'>, options: CallOptions = {}): Result<'listTools'> {
    const send: Send<Awaited<Result<'listTools'>>> = async (client, request) => {
      // Of this moment: what the server announces while it answers makes the answer an old one.
      const annotations = this.#annotations;
      const list = await client.listTools(params, request);
      const isFirstPage = params?.cursor === undefined;
      const known: Annotations = (isFirstPage ? undefined : annotations.get(client)) ?? new Map();
      for (const tool of list.tools) known.set(tool.name, tool.annotations);
      annotations.set(client, known);
      return list;
    };
    return this.#read('tools/list', send, options);
  }

  listPrompts(params?: Params<'listPrompts'>, options: CallOptions = {}): Result<'listPrompts'> {
    return this.#read('prompts/list', (client, request) => client.listPrompts(params, request), options);
  }

  getPrompt(params: Params<'getPrompt'>, options: CallOptions = {}): Result<'getPrompt'> {
    const send: Send<Awaited<Result<'getPrompt'>>> = (client, request) => client.getPrompt(params, request);
    return this.#read('prompts/get', send, options, params.name);
  }

  listResources(params?: Params<'listResources'>, options: CallOptions = {}): Result<'listResources'> {
    return this.#read('resources/list', (client, request) => client.listResources(params, request), options);
  }

  listResourceTemplates(
    params?: Params<'listResourceTemplates'>,
    options: CallOptions = {},
  ): Result<'listResourceTemplates'> {
    const send: Send<Awaited<Result<'listResourceTemplates'>>> = (client, request) =>
      client.listResourceTemplates(params, request);
    return this.#read('resources/templates/list', send, options);
  }

  readResource(params: Params<'readResource'>, options: CallOptions = {}): Result<'readResource'> {
    return this.#read('resources/read', (client, request) => client.readResource(params, request), options);
  }

  subscribeResource(
    params: Params<'subscribeResource'>,
    options: CallOptions = {},
  ): Result<'subscribeResource'> {
    const send: Send<Awaited<Result<'subscribeResource'>>> = (client, request) =>
      client.subscribeResource(params, request);
    return this.#call('resources/subscribe', send, options, false);
  }

  unsubscribeResource(
    params: Params<'unsubscribeResource'>,
    options: CallOptions = {},
  ): Result<'unsubscribeResource'> {
    const send: Send<Awaited<Result<'unsubscribeResource'>>> = (client, request) =>
      client.unsubscribeResource(params, request);
    return this.#call('resources/unsubscribe', send, options, false);
  }

  complete(params: Params<'complete'>, options: CallOptions = {}): Result<'complete'> {
    return this.#read('completion/complete', (client, request) => client.complete(params, request), options);
  }

  setLoggingLevel(level: LoggingLevel, options: CallOptions = {}): Result<'setLoggingLevel'> {
    const send: Send<Awaited<Result<'setLoggingLevel'>>> = (client, request) =>
      client.setLoggingLevel(level, request);
    return this.#call('logging/setLevel', send, options, false);
  }

  ping(options: CallOptions = {}): Result<'ping'> {
    return this.#read('ping', (client, request) => client.ping(request), options);
  }

  /**
   * Any SDK call, or several, as one call: `run((client) => client.request(…))`. The client it hands out
   * serves this call only: once that has settled, the client rejects requests and notifications with a
   * `CallRefusedError` (`NOT_CONNECTED`). The limit of the call covers all that is done with it. It is not
   * sent again once something of it was written, unless it is declared `idempotent`.
   */
  run<Value>(
    use: (client: Client, options: RequestOptions) => Promise<Value>,
    options: CallOptions = {},
  ): Promise<Value> {
    return this.calls.call('run', use, options, {
      isSafe: options.idempotent === true,
      isOpenEnded: true,
    });
  }

  /** The server notified us, or a new session did in its name. */
  protected notified(method: string): void {
    if (method === 'notifications/tools/list_changed') this.#annotations = new WeakMap();
  }

  /** Each sending is as harmless as the session it goes over says, whatever is said when that is lost. */
  #callAnnotated(params: Params<'callTool'>, options: CallOptions): Result<'callTool'> {
    const rules: CallRules = { isSafe: false, name: params.name };
    const send: Send<Awaited<Result<'callTool'>>> = (client, request) => {
      rules.isSafe = isHarmless(this.#annotations.get(client)?.get(params.name));
      return client.callTool(params, undefined, request);
    };
    return this.calls.call('tools/call', send, options, rules);
  }

  /** One of the protocol's reads: asking twice is asking once. */
  #read<Value>(method: string, send: Send<Value>, options: CallOptions, name?: string): Promise<Value> {
    return this.#call(method, send, options, true, name);
  }

  /** @param name of the tool or prompt */
  #call<Value>(
    method: string,
    send: Send<Value>,
    options: CallOptions,
    safe: boolean,
    name?: string,
  ): Promise<Value> {
    const isSafe = safe || options.idempotent === true;
    return this.calls.call(method, send, options, name === undefined ? { isSafe } : { isSafe, name });
  }
}

function isHarmless(annotations: Tool['annotations']): boolean {
  return annotations?.readOnlyHint === true || annotations?.idempotentHint === true;
}
