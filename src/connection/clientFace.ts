import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import type { RequestOptions } from '@modelcontextprotocol/sdk/shared/protocol.js';
import type { CallTrace, SessionPort } from '../session/port.js';

export interface ClientFace {
  client: Client;
  /** The call it was made for has settled. */
  close(): void;
}

/**
 * The client as one call sees it: each request and notification it sends, also after an await, is
 * attributed to the call, and each request has the call's limits and signal, beside those it brings
 * itself. Once closed it sends nothing any more.
 *
 * The SDK's client sends everything through `request` and `notification`, which write before they
 * return.
 *
 * @param failed told each error of a request, and whether the server answered it
 * @param refusal the error of what is asked of it afterwards
 */
export function createClientFace(
  session: SessionPort,
  trace: CallTrace,
  defaults: RequestOptions,
  failed: (error: unknown, wasAnswered: boolean) => void,
  refusal: () => Error,
): ClientFace {
  const { client } = session;
  let isClosed = false;
  const request: Client['request'] = async (message, schema, options) => {
    if (isClosed) throw refusal();
    const own = partOf(trace);
    try {
      return await session.trace(own, () => client.request(message, schema, withDefaults(options, defaults)));
    } catch (error) {
      failed(error, own.answered > 0);
      throw error;
    }
  };
  const notification: Client['notification'] = async (message, options) => {
    if (isClosed) throw refusal();
    await session.trace(trace, () => client.notification(message, options));
  };
  // The SDK makes this one on first use and keeps it, with the client it was asked of.
  let experimental: unknown;
  const face = new Proxy(client, {
    get: (target, property, face) => {
      if (property === 'request') return request;
      if (property === 'notification') return notification;
      return property === '_experimental' ? experimental : Reflect.get(target, property, face);
    },
    set: (target, property, value) => {
      if (property === '_experimental') experimental = value;
      else return Reflect.set(target, property, value);
      return true;
    },
  });
  return {
    client: face,
    close: () => {
      isClosed = true;
    },
  };
}

/** A trace of one request whose counts are also those of the whole. */
function partOf(whole: CallTrace): CallTrace {
  let written = 0;
  let answered = 0;
  return {
    get written() {
      return written;
    },
    set written(count) {
      whole.written += count - written;
      written = count;
    },
    get answered() {
      return answered;
    },
    set answered(count) {
      whole.answered += count - answered;
      answered = count;
    },
  };
}

function withDefaults(options: RequestOptions | undefined, defaults: RequestOptions): RequestOptions {
  const merged = { ...defaults, ...options };
  const { signal } = defaults;
  if (signal !== undefined && options?.signal !== undefined) {
    merged.signal = AbortSignal.any([signal, options.signal]);
  }
  return merged;
}
