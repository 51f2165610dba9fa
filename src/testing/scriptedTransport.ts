import type { JSONRPCMessage, JSONRPCRequest } from '@modelcontextprotocol/sdk/types.js';
import type { ConnectionError } from '../errors.js';
import type { LifelineTransport } from '../transports/transport.types.js';

type Result = { [key: string]: unknown };

/** Answers a request, or returns undefined to let the test answer later. */
export type Responder = (request: JSONRPCRequest) => Result | undefined;

/** What a plain server answers to the handshake and to ping. */
export const answerHandshake: Responder = (request) => {
  if (request.method === 'initialize') {
    return {
      protocolVersion: '2025-11-25',
      capabilities: { tools: {}, resources: {}, prompts: {} },
      serverInfo: { name: 'scripted', version: '1.0.0' },
    };
  }
  return request.method === 'ping' ? {} : undefined;
};

/** A transport of the SDK whose other end is the test: it sees what was sent, and says what is received. */
export class ScriptedTransport implements LifelineTransport {
  onclose?: (() => void) | undefined;
  onerror?: ((error: Error) => void) | undefined;
  onmessage?: ((message: JSONRPCMessage) => void) | undefined;
  onlost?: ((error: ConnectionError) => void) | undefined;
  /** Everything that was sent, oldest first. */
  readonly sent: JSONRPCMessage[] = [];
  /** Started, and neither closed nor lost. */
  isOpen = false;
  /** Times it was closed. */
  closes = 0;
  readonly #respond: Responder;

  /** @param respond called for each request; default answers the handshake and ping */
  constructor(respond: Responder = answerHandshake) {
    this.#respond = respond;
  }

  /** The requests of one method that were sent. */
  requests(method: string): JSONRPCRequest[] {
    return this.sent.filter(
      (message): message is JSONRPCRequest =>
        'method' in message && 'id' in message && message.method === method,
    );
  }

  /** The server says this. */
  receive(message: JSONRPCMessage): void {
    this.onmessage?.(message);
  }

  /** The server answers this request, be it the first time or once more. */
  respond(request: JSONRPCRequest, result: Result): void {
    this.receive({ jsonrpc: '2.0', id: request.id, result });
  }

  /** The other end is gone. */
  lose(error: ConnectionError): void {
    this.isOpen = false;
    this.onlost?.(error);
    this.onclose?.();
  }

  async start(): Promise<void> {
    this.isOpen = true;
  }

  async send(message: JSONRPCMessage): Promise<void> {
    this.sent.push(message);
    if (!('method' in message) || !('id' in message)) return;
    const result = this.#respond(message);
    // Answers never come within the call that asks.
    if (result !== undefined) queueMicrotask(() => this.respond(message, result));
  }

  async close(): Promise<void> {
    this.closes += 1;
    if (!this.isOpen) return;
    this.isOpen = false;
    this.onclose?.();
  }
}
