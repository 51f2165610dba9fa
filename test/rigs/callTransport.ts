import type { JSONRPCMessage, JSONRPCRequest } from '@modelcontextprotocol/sdk/types.js';
import { ConnectionError } from '../../src/errors.js';
import { ScriptedTransport } from '../../src/testing/scriptedTransport.js';

/**
 * What becomes of a request that is handed to the transport: `accept`: the server has it. `refuse`:
 * nothing of it was written. `break`: something of it was, and the sending fails. `hang`: written into
 * a pipe that nobody empties.
 */
export type Sending = 'accept' | 'refuse' | 'break' | 'hang';

/** The method of a call and the name in it, which tells calls apart. */
export interface SentCall {
  readonly transport: CallTransport;
  readonly request: JSONRPCRequest;
  readonly name: string;
}

/** A server that shakes hands and answers pings by itself, and calls when it is told to. */
export class CallTransport extends ScriptedTransport {
  sending: Sending = 'accept';
  readonly #onsent: (call: SentCall) => void;
  #hanging: ((error: Error) => void)[] = [];

  /** @param onsent told of each call that the server may have got */
  constructor(onsent: (call: SentCall) => void) {
    super();
    this.#onsent = onsent;
  }

  /** Ids of the requests that the server was told to cancel. */
  get cancelled(): unknown[] {
    return this.sent.flatMap((message) =>
      'method' in message && message.method === 'notifications/cancelled' ? [message.params?.requestId] : [],
    );
  }

  override async send(message: JSONRPCMessage): Promise<void> {
    const name = 'method' in message && 'id' in message ? callName(message) : undefined;
    if (name === undefined || !('method' in message) || !('id' in message)) return super.send(message);
    if (this.sending === 'refuse') {
      throw new ConnectionError('PIPE_BROKEN', 'nothing was written', { details: { unsent: true } });
    }
    this.#onsent({ transport: this, request: message, name });
    if (this.sending === 'accept') return super.send(message);
    if (this.sending === 'break') throw new ConnectionError('PIPE_BROKEN', 'it broke on the way');
    return new Promise((_resolve, reject) => this.#hanging.push(reject));
  }

  override lose(error: ConnectionError): void {
    super.lose(error);
    this.#endHanging();
  }

  override async close(): Promise<void> {
    await super.close();
    this.#endHanging();
  }

  #endHanging(): void {
    const hanging = this.#hanging;
    this.#hanging = [];
    for (const reject of hanging) reject(new ConnectionError('CONNECTION_CLOSED', 'closed'));
  }
}

/** Tools are called by name, resources read by URI; both hold the name of the call. */
function callName({ method, params }: JSONRPCRequest): string | undefined {
  const name = method === 'tools/call' ? params?.name : method === 'resources/read' ? params?.uri : undefined;
  return typeof name === 'string' ? name : undefined;
}
