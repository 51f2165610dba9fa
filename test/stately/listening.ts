/** How servers are asked to listen, and the end of those sockets that they would leave. */
import { Server } from 'node:http';
import type { Socket } from 'node:net';
import { onTestFinished, vi } from 'vitest';

/** What is asked of every server from here on. `isReal`: false for servers that are not to listen at all. */
export function watchListening(isReal = true): unknown[][] {
  const asked: unknown[][] = [];
  const sockets: Socket[] = [];
  const { listen } = Server.prototype;
  const spy = vi.spyOn(Server.prototype, 'listen').mockImplementation(function (
    this: Server,
    ...wishes: unknown[]
  ) {
    asked.push(wishes);
    this.on('connection', (socket: Socket) => sockets.push(socket));
    return isReal ? Reflect.apply(listen, this, wishes) : this;
  });
  onTestFinished(() => {
    spy.mockRestore();
    // A server that stops leaves the sockets of those who look.
    for (const socket of sockets) socket.destroy();
  });
  return asked;
}
