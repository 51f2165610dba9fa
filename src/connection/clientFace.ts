import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import type { RequestOptions } from '@modelcontextprotocol/sdk/shared/protocol.js';

/**
 * The client as one call sees it: each request it sends, also after an await, is attributed to the
 * call and has the call's limits and signal, beside those it brings itself.
 *
 * The SDK's client sends everything through `request`, which writes before it returns.
 */
export function createClientFace(
  client: Client,
  defaults: RequestOptions,
  track: <Result>(start: () => Result) => Result,
): Client {
  const request: Client['request'] = (message, schema, options) =>
    track(() => client.request(message, schema, withDefaults(options, defaults)));
  return new Proxy(client, {
    get: (target, property, face) => (property === 'request' ? request : Reflect.get(target, property, face)),
  });
}

function withDefaults(options: RequestOptions | undefined, defaults: RequestOptions): RequestOptions {
  const merged = { ...defaults, ...options };
  const { signal } = defaults;
  if (signal !== undefined && options?.signal !== undefined) {
    merged.signal = AbortSignal.any([signal, options.signal]);
  }
  return merged;
}
