import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { Setting } from '../../../src/daemon/client/setting.js';
import { PROTOCOL, writeHello } from '../../../src/ipc/hello.js';
import { readToken } from '../../../src/ipc/token.js';

interface Answer {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: unknown;
}

/** A client that has nothing of ours but the first words: what comes over the socket is counted as it comes. */
export class RawClient {
  /** How often each id was answered. */
  readonly answers = new Map<number, number>();
  /** Answers that are errors, and ends of the connection. */
  readonly failures: string[] = [];
  readonly #socket: Socket;
  readonly #waiting = new Map<number, (result: unknown) => void>();
  #partial = '';
  #nextId = 1;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => {
      const lines = (this.#partial + chunk).split('\n');
      this.#partial = lines.pop() ?? '';
      for (const line of lines) this.#heard(JSON.parse(line));
    });
    socket.on('error', (error) => this.failures.push(error.message));
    socket.once('close', () => {
      if (this.#waiting.size > 0) this.failures.push(`closed before ${this.#waiting.size} answers`);
      for (const settle of this.#waiting.values()) settle(null);
    });
  }

  static async connect({ places, version, fingerprint }: Setting): Promise<RawClient> {
    const socket = connect({ path: places.socket });
    await once(socket, 'connect');
    const client = new RawClient(socket);
    const hello = writeHello({ protocol: PROTOCOL, version, fingerprint }, readToken(places) ?? '');
    const welcomed = client.#answered(hello.id);
    socket.write(`${JSON.stringify(hello)}\n`);
    await welcomed;
    client.answers.clear();
    return client;
  }

  /** Resolves with the first answer to it, null if it is an error or none comes any more. */
  request(method: string, params?: object): Promise<unknown> {
    const id = this.#nextId++;
    const answered = this.#answered(id);
    this.#socket.write(`${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`);
    return answered;
  }

  async close(): Promise<void> {
    const closed = once(this.#socket, 'close');
    this.#socket.end();
    await closed;
  }

  #answered(id: number): Promise<unknown> {
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
    });
  }

  #heard({ id, result, error }: Answer): void {
    this.answers.set(id, (this.answers.get(id) ?? 0) + 1);
    if (error !== undefined) this.failures.push(JSON.stringify(error));
    this.#waiting.get(id)?.(error === undefined ? result : null);
    this.#waiting.delete(id);
  }
}
