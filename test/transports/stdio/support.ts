import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
import type { ConnectionError } from '../../../src/errors.js';
import { SteppingClock } from '../../../src/testing/steppingClock.js';
import type { StdioTransportOptions } from '../../../src/transports/stdio/stdio.types.js';
import { StdioTransport } from '../../../src/transports/stdio/stdioTransport.js';
import { faultyServer } from '../../support/faultyServer.js';

/** The options of a transport whose server has these faults. */
export function faulty(...faults: string[]): StdioTransportOptions {
  return { command: process.execPath, args: [faultyServer, ...faults] };
}

/** Hears of births and deaths of processes: each holds a connection for as long as it lives. */
export class DeathWatch {
  readonly #server: Server;
  readonly #sockets = new Map<number, Socket>();
  readonly #births = new Map<number, () => void>();
  #onbirth: (() => void) | null = null;

  private constructor(server: Server) {
    this.#server = server;
    server.on('connection', (socket) => this.#accept(socket));
  }

  static async start(): Promise<DeathWatch> {
    const server = createServer();
    const watch = new DeathWatch(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return watch;
  }

  /** What a process is told to connect to. */
  get port(): string {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('the watch is not listening');
    return String(address.port);
  }

  /** Processes that live now. */
  get alive(): number[] {
    return [...this.#sockets].filter(([, socket]) => !socket.closed).map(([pid]) => pid);
  }

  async birth(pid: number): Promise<void> {
    if (this.#sockets.has(pid)) return;
    await new Promise<void>((resolve) => this.#births.set(pid, resolve));
  }

  /** Resolves when so many processes have been born. */
  async births(count: number): Promise<void> {
    while (this.#sockets.size < count) await this.#someBirth();
  }

  /** Resolves when all that were born are dead. */
  async deaths(): Promise<void> {
    if (this.#sockets.size === 0) throw new Error('nobody was born');
    await Promise.all([...this.#sockets.keys()].map((pid) => this.death(pid)));
  }

  /** Resolves when the process, which must have lived, is dead. */
  async death(pid: number): Promise<void> {
    await this.birth(pid);
    const socket = this.#sockets.get(pid);
    if (socket !== undefined && !socket.closed) await new Promise((resolve) => socket.once('close', resolve));
  }

  /** Ends every process that is still there. */
  async stop(): Promise<void> {
    for (const pid of this.alive) {
      process.kill(pid, 'SIGKILL');
      await this.death(pid);
    }
    this.#server.close();
    await once(this.#server, 'close');
  }

  #someBirth(): Promise<void> {
    return new Promise((resolve) => {
      this.#onbirth = resolve;
    });
  }

  #accept(socket: Socket): void {
    // A process that is killed may reset the connection; that it is over is all that counts.
    socket.on('error', () => {});
    socket.once('data', (data) => {
      const pid = Number(data.toString());
      this.#sockets.set(pid, socket);
      this.#births.get(pid)?.();
      this.#onbirth?.();
    });
    socket.resume();
  }
}

/** A stepping clock that can wait for somebody to set a timer. */
export class PatientClock extends SteppingClock {
  #onset: (() => void) | null = null;

  override setTimeout(callback: () => void, delay: number): number {
    const timer = super.setTimeout(callback, delay);
    this.#onset?.();
    this.#onset = null;
    return timer;
  }

  /** Waits until there is a timer. */
  async pending(): Promise<void> {
    if (this.delays.length > 0) return;
    await new Promise<void>((resolve) => {
      this.#onset = resolve;
    });
  }

  /** Waits until there is a timer, goes on to the earliest and runs it. */
  async next(): Promise<void> {
    await this.pending();
    this.step();
  }
}

type Answer = { result?: unknown; error?: { code: number; message: string } };

/** A transport and everything it ever reported, in order. */
export class Peer {
  readonly transport: StdioTransport;
  readonly messages: JSONRPCMessage[] = [];
  readonly errors: Error[] = [];
  readonly losses: ConnectionError[] = [];
  readonly order: string[] = [];
  readonly lost: Promise<ConnectionError>;
  readonly closed: Promise<void>;
  readonly #answers = new Map<unknown, (answer: Answer) => void>();
  readonly #notifications = new Map<string, () => void>();
  #nextId = 1;

  constructor(options: StdioTransportOptions) {
    this.transport = new StdioTransport(options);
    this.transport.onmessage = (message) => this.#receive(message);
    this.transport.onerror = (error) => {
      this.errors.push(error);
      this.order.push('error');
    };
    this.lost = new Promise((resolve) => {
      this.transport.onlost = (error) => {
        this.losses.push(error);
        this.order.push('lost');
        resolve(error);
      };
    });
    this.closed = new Promise((resolve) => {
      this.transport.onclose = () => {
        this.order.push('close');
        resolve();
      };
    });
  }

  get pid(): number {
    const { pid } = this.transport;
    if (pid === null) throw new Error('the server was not started');
    return pid;
  }

  /** Sends a request; resolves with its answer. */
  async request(method: string, params: Record<string, unknown> = {}): Promise<Answer> {
    const id = this.#nextId++;
    const answer = new Promise<Answer>((resolve) => this.#answers.set(id, resolve));
    await this.transport.send({ jsonrpc: '2.0', id, method, params });
    return answer;
  }

  /** Has the server run one of its tools; resolves with the text of the answer. */
  async call(name: string, args: Record<string, unknown> = {}): Promise<string> {
    const { result } = await this.request('tools/call', { name, arguments: args });
    return textOf(result);
  }

  /** Has the server do what it does not answer. */
  async tell(name: string, args: Record<string, unknown> = {}): Promise<void> {
    const params = { name, arguments: args };
    await this.transport.send({ jsonrpc: '2.0', id: this.#nextId++, method: 'tools/call', params });
  }

  /** Resolves with the next notification of this method. */
  notified(method: string): Promise<void> {
    return new Promise((resolve) => this.#notifications.set(method, resolve));
  }

  /** Cleans up, also after a test that failed half-way: no ladder, and no clock is needed. */
  async end(): Promise<void> {
    const { pid } = this.transport;
    if (pid !== null && exists(pid)) process.kill(-pid, 'SIGKILL');
    await this.transport.close();
  }

  #receive(message: JSONRPCMessage): void {
    this.messages.push(message);
    this.order.push('message');
    if ('method' in message) this.#notifications.get(message.method)?.();
    else this.#answers.get(message.id)?.(message);
  }
}

export function textOf(result: unknown): string {
  if (typeof result === 'object' && result !== null && 'content' in result && Array.isArray(result.content)) {
    return String(result.content[0]?.text);
  }
  throw new Error(`no text in ${JSON.stringify(result)}`);
}

/** Whether a process with this id exists. */
export function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
