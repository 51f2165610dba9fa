import type { JSONRPCRequest } from '@modelcontextprotocol/sdk/types.js';

/** Requests that change what a session is, or what its client knows of the server. */
const SET_UP_METHODS: ReadonlySet<string> = new Set([
  'logging/setLevel',
  'resources/subscribe',
  'resources/unsubscribe',
  'tools/list',
  'prompts/list',
  'resources/list',
]);

export type SetUpRequest = Pick<JSONRPCRequest, 'method' | 'params'>;

export function isSetUp(request: SetUpRequest): boolean {
  return SET_UP_METHODS.has(request.method);
}

/**
 * What the sessions of a connection have set up, so that the next one can put it back (R18). Learned
 * from the wire: it does not matter who sent the requests.
 */
export class SessionMemory {
  #logLevel: unknown = null;
  readonly #subscriptions = new Set<string>();
  readonly #listed = new Set<string>();

  /** The server did what the request asked for. */
  learn(request: SetUpRequest): void {
    const uri = request.params?.uri;
    switch (request.method) {
      case 'logging/setLevel':
        this.#logLevel = request.params?.level;
        break;
      case 'resources/subscribe':
        if (typeof uri === 'string') this.#subscriptions.add(uri);
        break;
      case 'resources/unsubscribe':
        if (typeof uri === 'string') this.#subscriptions.delete(uri);
        break;
      default:
        this.#listed.add(request.method);
    }
  }

  /** The requests that put log level and subscriptions back. */
  get settings(): SetUpRequest[] {
    const level = this.#logLevel;
    return [
      ...(level === null ? [] : [{ method: 'logging/setLevel', params: { level } }]),
      ...[...this.#subscriptions].map((uri) => ({ method: 'resources/subscribe', params: { uri } })),
    ];
  }

  /** Whether somebody holds a list of this kind, which may be out of date. */
  isListed(kind: ListKind): boolean {
    return this.#listed.has(`${kind}/list`);
  }
}

export type ListKind = 'tools' | 'prompts' | 'resources';
export const LIST_KINDS: readonly ListKind[] = ['tools', 'prompts', 'resources'];
