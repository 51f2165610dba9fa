import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { readMessage } from './answers.js';
import { ControlledServer, type ServerToConnect } from './ControlledServer.js';
import { type Life, newLife } from './Life.js';
import { RELAY } from './relay.js';

interface ProcessLife extends Life {
  readonly pid: number;
  readonly socket: Socket;
}

/** The kit's server as processes that subjects start: each is a relay to this one over a loopback socket. */
export class StdioServer extends ControlledServer {
  readonly toConnect: ServerToConnect;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #processes = new Set<ProcessLife>();
  #slowest = 0;

  private constructor(server: Server, port: number) {
    super();
    this.#server = server;
    this.toConnect = { command: process.execPath, args: ['-e', RELAY, String(port)] };
    server.on('connection', (socket) => this.#accept(socket));
  }

  static async open(): Promise<StdioServer> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('the server has no port');
    return new StdioServer(server, address.port);
  }

  /** Milliseconds that a process took to be heard of, the slowest so far. */
  get slowestStart(): number {
    return this.#slowest;
  }

  /** Those that live neither end with their input nor on SIGTERM from now on. */
  async defy(): Promise<void> {
    await Promise.all(
      [...this.#processes].map(async ({ socket }) => {
        const answered = new Promise<void>((resolve) => {
          socket.once('close', () => resolve());
          socket.on('data', (chunk: Buffer) => {
            if (chunk.includes('defies')) resolve();
          });
        });
        socket.write('defy\n');
        await answered;
      }),
    );
  }

  override async end(): Promise<void> {
    this.refuse();
    const closed = once(this.#server, 'close');
    this.#server.close();
    await this.kill();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  protected override async kill(): Promise<void> {
    await Promise.all(
      [...this.#processes].map(async ({ pid, socket }) => {
        // Not `once`: a reset is an end as good as any.
        const closed = new Promise<void>((resolve) => {
          if (socket.closed) resolve();
          else socket.on('close', () => resolve());
        });
        try {
          process.kill(pid, 'SIGKILL');
        } catch {
          // It has ended by itself.
          socket.destroy();
        }
        await closed;
      }),
    );
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => {}).on('close', () => this.#sockets.delete(socket));
    const lines = createInterface({ input: socket });
    // Reading on errors of the socket is nobody's business.
    lines.on('error', () => {});
    lines.once('line', (hello: string) => {
      const [, pid, startedAt] = (/^([1-9]\d*) (\d+)$/.exec(hello) ?? []).map(Number);
      // Something else on this machine. Nobody's word is taken for what is to be killed: 0 and -1 are more than one process.
      if (pid === undefined || startedAt === undefined) {
        socket.destroy();
        return;
      }
      this.#slowest = Math.max(this.#slowest, Date.now() - startedAt);
      this.started(startedAt);
      if (this.isRefusing) {
        socket.destroy();
        return;
      }
      const life: ProcessLife = { ...newLife(startedAt), pid, socket };
      this.#processes.add(this.begin(life));
      socket.on('close', () => {
        this.#processes.delete(life);
        this.over(life);
      });
      lines.on('line', (line) => this.#receive(life, line));
    });
  }

  #receive(life: ProcessLife, line: string): void {
    const message = readMessage(line);
    if (message?.id === undefined) return;
    this.handle(life, message, (answer) => {
      if (life.socket.writable) life.socket.write(`>${JSON.stringify(answer)}\n`);
    });
  }
}
