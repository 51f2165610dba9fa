import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';

/** The SDK's own transport to a process, that starts, or tells of what happens, only when it is let. */
export class LateTransport implements Transport {
  onclose?: (() => void) | undefined;
  onerror?: ((error: Error) => void) | undefined;
  onmessage?: ((message: JSONRPCMessage) => void) | undefined;
  /** Times it was asked to. */
  starts = 0;
  closes = 0;
  readonly #inner: StdioClientTransport;
  readonly #mayStart: Promise<void>;
  /** What it has not told yet. */
  #untold: (() => void)[] | null = null;

  /** @param mayStart default: at once */
  constructor(
    server: { command: string; args: string[]; env: Record<string, string> },
    mayStart: Promise<void> = Promise.resolve(),
  ) {
    this.#inner = new StdioClientTransport(server);
    this.#mayStart = mayStart;
    this.#inner.onmessage = (message) => this.#tell(() => this.onmessage?.(message));
    this.#inner.onerror = (error) => this.#tell(() => this.onerror?.(error));
    this.#inner.onclose = () => this.#tell(() => this.onclose?.());
  }

  /** The process; null before it was started and after it has ended. */
  get pid(): number | null {
    return this.#inner.pid;
  }

  async start(): Promise<void> {
    this.starts += 1;
    await this.#mayStart;
    await this.#inner.start();
  }

  send(message: JSONRPCMessage): Promise<void> {
    return this.#inner.send(message);
  }

  async close(): Promise<void> {
    this.closes += 1;
    await this.#inner.close();
  }

  /** From now on it tells nothing. */
  hold(): void {
    this.#untold = [];
  }

  /** Tells what has happened since. */
  release(): void {
    const untold = this.#untold ?? [];
    this.#untold = null;
    for (const tell of untold) tell();
  }

  #tell(tell: () => void): void {
    if (this.#untold === null) tell();
    else this.#untold.push(tell);
  }
}
