import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { readMessage } from './answers.js';
import { ControlledServer, type ServerToConnect } from './ControlledServer.js';
import { type Life, newLife } from './Life.js';

const SESSION_HEADER = 'mcp-session-id';

/**
 * The kit's server over Streamable HTTP, in this process. It answers the handshake as JSON and all else as a stream of
 * events, as most servers do, and has nothing to stream beside answers. When it is down it resets connections, and keeps
 * its port so that nobody else gets it.
 */
export class HttpServer extends ControlledServer {
  readonly toConnect: ServerToConnect;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #sessions = new Map<string, Life>();
  #isShedding = false;

  private constructor(server: Server, port: number) {
    super();
    this.#server = server;
    this.toConnect = { url: `http://127.0.0.1:${port}/mcp` };
    server.on('connection', (socket) => this.#accept(socket));
    server.on('request', (request, response) => void this.#receive(request, response));
  }

  static async open(): Promise<HttpServer> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('the server has no port');
    return new HttpServer(server, address.port);
  }

  /** Knows none of its sessions any more. */
  expire(): void {
    for (const id of this.#sessions.keys()) this.#forget(id);
  }

  /** Answers 503 to everything, until it is back. */
  shed(): void {
    this.#isShedding = true;
  }

  override return(): void {
    this.#isShedding = false;
    super.return();
  }

  override async end(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  protected override async kill(): Promise<void> {
    this.expire();
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  #accept(socket: Socket): void {
    if (this.isRefusing) {
      this.started(Date.now());
      socket.on('error', () => {}).resetAndDestroy();
      return;
    }
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
  }

  async #receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // Of a connection that was cut nobody wants to know more.
    response.on('error', () => {});
    const body = await bodyOf(request);
    const message = body === null ? null : readMessage(body);
    if (message?.method === 'initialize') this.started(Date.now());
    const given = request.headers[SESSION_HEADER];
    const id = typeof given === 'string' ? given : undefined;
    if (this.#isShedding) {
      // Who says goodbye now has done what there is to do.
      if (request.method === 'DELETE' && id !== undefined) this.#forget(id);
      response.writeHead(503).end();
    } else if (request.method === 'DELETE') this.#delete(id, response);
    else if (request.method !== 'POST') response.writeHead(405).end();
    else if (message === null) response.writeHead(400).end();
    else if (message.method === 'initialize') this.#initialize(message, response);
    else {
      const life = id === undefined ? undefined : this.#sessions.get(id);
      if (life === undefined) response.writeHead(id === undefined ? 400 : 404).end();
      else if (message.id === undefined) {
        if (!life.isHanging) response.writeHead(202).end();
      } else {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.flushHeaders();
        this.handle(life, message, (answer) => {
          response.end(`event: message\ndata: ${JSON.stringify(answer)}\n\n`);
        });
      }
    }
  }

  #initialize(message: NonNullable<ReturnType<typeof readMessage>>, response: ServerResponse): void {
    const id = randomUUID();
    const life = newLife(Date.now());
    // Whoever is gone before the answer never had the session.
    response.on('close', () => {
      if (!life.isReady) this.over(life);
    });
    this.#sessions.set(id, this.begin(life));
    this.handle(life, message, (answer) => {
      response.writeHead(200, { 'content-type': 'application/json', [SESSION_HEADER]: id });
      response.end(JSON.stringify(answer));
    });
  }

  /** A session that hangs is over too, although nobody is told. */
  #delete(id: string | undefined, response: ServerResponse): void {
    const life = id === undefined ? undefined : this.#sessions.get(id);
    if (id === undefined || life === undefined) {
      response.writeHead(404).end();
      return;
    }
    this.#forget(id);
    if (!life.isHanging) response.writeHead(200).end();
  }

  #forget(id: string): void {
    const life = this.#sessions.get(id);
    this.#sessions.delete(id);
    if (life !== undefined) this.over(life);
  }
}

/** @returns null when the connection was cut before its end */
async function bodyOf(request: IncomingMessage): Promise<string | null> {
  let body = '';
  try {
    for await (const chunk of request.setEncoding('utf8')) body += chunk;
    return body;
  } catch {
    return null;
  }
}
