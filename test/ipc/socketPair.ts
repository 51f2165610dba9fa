import { once } from 'node:events';
import { connect, createServer, Socket } from 'node:net';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { FrameReader } from '../../src/ipc/frames.js';
import type { Message } from '../../src/ipc/messages.js';
import { makeDirectory } from './support.js';

/** Makes pairs of sockets that are connected with each other, as many as a test needs. */
export async function openPairs(): Promise<() => Promise<[Socket, Socket]>> {
  const path = join(makeDirectory(), 'pairs');
  const server = createServer();
  server.listen(path);
  await once(server, 'listening');
  const sockets: Socket[] = [];
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return async () => {
    const accepted = once(server, 'connection');
    const near = connect(path);
    await once(near, 'connect');
    const [far] = await accepted;
    if (!(far instanceof Socket)) throw new Error('no socket');
    sockets.push(near, far);
    return [near, far];
  };
}

export async function openPair(): Promise<[Socket, Socket]> {
  const open = await openPairs();
  return open();
}

/** Speaks the protocol by hand, so that a test can do it wrong. */
export class RawPeer {
  readonly socket: Socket;
  readonly messages: Message[] = [];
  readonly closed: Promise<void>;
  readonly #waiting = new Set<() => void>();

  constructor(socket: Socket) {
    this.socket = socket;
    const reader = new FrameReader(
      Number.POSITIVE_INFINITY,
      (message) => {
        this.messages.push(message);
        this.#wake();
      },
      (flaw) => socket.destroy(new Error(flaw.message)),
    );
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => reader.push(chunk));
    this.closed = new Promise((resolve) => {
      socket.once('close', () => {
        resolve();
        this.#wake();
      });
    });
  }

  write(...lines: readonly (string | object)[]): void {
    const texts = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line)));
    this.socket.write(`${texts.join('\n')}\n`);
  }

  /** Resolves with the first message that matches, which may have come already. */
  async received(matches: (message: Message) => boolean): Promise<Message> {
    for (;;) {
      const found = this.messages.find(matches);
      if (found !== undefined) return found;
      if (this.socket.closed) throw new Error(`not among ${JSON.stringify(this.messages)}`);
      await new Promise<void>((resolve) => {
        this.#waiting.add(resolve);
      });
    }
  }

  answerTo(id: number | string | null): Promise<Message> {
    return this.received((message) => !('method' in message) && message.id === id);
  }

  #wake(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }
}
