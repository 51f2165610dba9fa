/**
 * Stately's server listens on every interface; in a test nobody but us may reach it. Holds what the
 * guide says of it as well.
 */
import { Server } from 'node:http';
import type { Socket } from 'node:net';
import { onTestFinished, vi } from 'vitest';

/** Servers that are started from here on listen on the loopback interface. Gives what was asked of them. */
export function keepToLoopback(): unknown[][] {
  const asked: unknown[][] = [];
  const sockets: Socket[] = [];
  const { listen } = Server.prototype;
  const spy = vi.spyOn(Server.prototype, 'listen').mockImplementation(function (
    this: Server,
    ...wishes: unknown[]
  ) {
    asked.push(wishes);
    this.on('connection', (socket: Socket) => sockets.push(socket));
    const [port, ready] = wishes;
    return Reflect.apply(listen, this, [port, 'localhost', ready]);
  });
  onTestFinished(() => {
    spy.mockRestore();
    // A server that stops leaves the sockets of those who look.
    for (const socket of sockets) socket.destroy();
  });
  return asked;
}
