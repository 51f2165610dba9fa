import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
import { onTestFinished } from 'vitest';
import type { ConnectionError } from '../../../src/errors.js';
import { SteppingClock } from '../../../src/testing/steppingClock.js';
import { createHttpTransport } from '../../../src/transports/http/createHttpTransport.js';
import type { HttpTransportOptions } from '../../../src/transports/http/http.types.js';
import type { LifelineTransport } from '../../../src/transports/transport.types.js';
import { ScriptedServer } from '../../fixtures/servers/http-scripted.js';

/** A server that ends with the test. */
export async function serve(port?: number): Promise<ScriptedServer> {
  const server = await ScriptedServer.start(port);
  onTestFinished(() => server.die());
  return server;
}

export interface Opened {
  transport: LifelineTransport;
  /** All that was reported, in order. */
  losses: ConnectionError[];
  errors: Error[];
  /** The first loss, as soon as it is reported. */
  lost: Promise<ConnectionError>;
}

/** A transport that is closed with the test. */
export function open(options: HttpTransportOptions): Opened {
  const transport = createHttpTransport({ random: () => 0, ...options });
  const losses: ConnectionError[] = [];
  const errors: Error[] = [];
  const lost = new Promise<ConnectionError>((resolve) => {
    transport.onlost = (error) => {
      losses.push(error);
      resolve(error);
    };
  });
  transport.onerror = (error) => errors.push(error);
  onTestFinished(() => transport.close());
  return { transport, losses, errors, lost };
}

/** A client of the SDK over a transport, after the handshake. */
export async function connect(options: HttpTransportOptions): Promise<Opened & { client: Client }> {
  const opened = open(options);
  const client = new Client({ name: 'test', version: '1.0.0' });
  await client.connect(opened.transport);
  return { ...opened, client };
}

/** The error that something rejects with. */
export async function failure(work: Promise<unknown>): Promise<ConnectionError> {
  return work.then(
    () => {
      throw new Error('expected a failure');
    },
    (error) => error,
  );
}

export const initialize: JSONRPCMessage = {
  jsonrpc: '2.0',
  id: 0,
  method: 'initialize',
  params: {
    protocolVersion: '2025-11-25',
    capabilities: {},
    clientInfo: { name: 'test', version: '1.0.0' },
  },
};

export const ping = (id: number): JSONRPCMessage => ({ jsonrpc: '2.0', id, method: 'ping' });

/** A stepping clock on which a test can wait for a timer to be set. */
export class ObservedClock extends SteppingClock {
  #waiting: (() => void)[] = [];

  override setTimeout(callback: () => void, delay: number): number {
    const timer = super.setTimeout(callback, delay);
    this.#changed();
    return timer;
  }

  override clearTimeout(timer: unknown): void {
    super.clearTimeout(timer);
    this.#changed();
  }

  /** Resolves as soon as no timer is running. */
  async quiet(): Promise<void> {
    while (this.delays.length > 0) await this.#change();
  }

  /** The delay of the soonest timer that `matches`, as soon as one is running. */
  async armed(matches: (delay: number) => boolean): Promise<number> {
    for (;;) {
      const found = this.delays.find(matches);
      if (found !== undefined) return found;
      await this.#change();
    }
  }

  #changed(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}
