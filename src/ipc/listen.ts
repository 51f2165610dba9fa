import { createServer, type Socket } from 'node:net';
import { type Clock, systemClock } from '../clock.js';
import { closeSoftly, LAST_WORDS } from './closeSoftly.js';
import { type Introduction, isSame } from './errors.js';
import { readFirstLine } from './firstLine.js';
import { encodeFrame } from './frames.js';
import { HELLO_LIMIT, mismatch, PROTOCOL, REFUSAL, readHello, TOO_MANY_CLIENTS, welcome } from './hello.js';
import type { RequestContext } from './incomingRequests.js';
import type { Failure } from './messages.js';
import { Peer, type PeerLimits } from './peer.js';
import type { Places } from './places.js';
import { publish } from './publish.js';
import { ensureSafePlaces } from './safeDirectory.js';
import { isToken, writeToken } from './token.js';

/** Carries out what a client asks for; see `RequestHandler` for what becomes of results and errors. */
export type ClientRequestHandler = (
  method: string,
  params: unknown,
  context: RequestContext & { readonly client: Peer },
) => unknown;

export interface ListenLimits extends PeerLimits {
  /** Connections, those included that have not said hello yet. Default 2000 */
  clients?: number;
  /** Milliseconds that a client has to say hello. Default 5000 */
  hello?: number;
}

export interface ListenOptions {
  places: Pick<Places, 'directory' | 'socketDirectory' | 'socket' | 'token'>;
  /** Version of this package. */
  version: string;
  fingerprint: string;
  handle: ClientRequestHandler;
  onnotification?(method: string, params: unknown, client: Peer): void;
  /** A client has said hello; nothing it asks for has been dispatched yet. */
  onclient?(client: Peer): void;
  /** A client with the right token has another version or configuration. It was told so, and sent away. */
  onmismatch?(theirs: Introduction): void;
  /** Told what handlers threw and clients are not told, and what the system says about the socket. Default: nobody is */
  onfault?(error: unknown): void;
  limits?: ListenLimits;
  clock?: Clock;
}

export interface IpcServer {
  /** Those who said hello and are still there. */
  readonly clients: ReadonlySet<Peer>;
  /** False when the socket that clients find is not this server's. */
  isStillMine(): boolean;
  /**
   * Takes the socket away and lets nobody in any more; who is in the middle of the hello is sent away, and finds
   * that there is no daemon. Clients stay.
   */
  stopAccepting(): void;
  /** The same, and has the clients go. Resolves when all are gone, with nothing left open. */
  close(): Promise<void>;
}

const CLIENT_LIMIT = 2000;

/**
 * Opens the daemon's socket, with a new token. The caller is the owner of the places (`acquire`): nobody else writes
 * there.
 *
 * @throws UnsafePlaceError when others can get at the places, or something is in the way
 */
export async function listen(options: ListenOptions): Promise<IpcServer> {
  ensureSafePlaces(options.places);
  const token = writeToken(options.places);
  const house = new House(options, token);
  const server = createServer((socket) => house.admit(socket));
  const publication = await publish(server, options.places);
  server.on('error', (error) => options.onfault?.(error));
  const stopAccepting = () => {
    if (!server.listening) return;
    publication.withdraw();
    server.close();
    house.shut();
  };
  return {
    clients: house.clients,
    isStillMine: () => server.listening && publication.isStillMine(),
    stopAccepting,
    close: async () => {
      stopAccepting();
      await house.clear();
    },
  };
}

/** Who is connected. */
class House {
  readonly clients = new Set<Peer>();
  readonly #options: ListenOptions;
  readonly #token: string;
  readonly #ours: Introduction;
  readonly #clock: Clock;
  /** Every open connection, with those that are being sent away. */
  readonly #open = new Map<Socket, Promise<void>>();
  /** Those who have not said hello yet. */
  readonly #strangers = new Set<Socket>();

  constructor(options: ListenOptions, token: string) {
    this.#options = options;
    this.#token = token;
    this.#ours = { protocol: PROTOCOL, version: options.version, fingerprint: options.fingerprint };
    this.#clock = options.clock ?? systemClock;
  }

  admit(socket: Socket): void {
    const closed = new Promise<void>((resolve) => {
      socket.once('close', () => {
        this.#open.delete(socket);
        resolve();
      });
    });
    this.#open.set(socket, closed);
    if (this.clients.size + this.#strangers.size >= (this.#options.limits?.clients ?? CLIENT_LIMIT)) {
      socket.on('error', () => {});
      this.#sendAway(socket, TOO_MANY_CLIENTS);
      return;
    }
    this.#strangers.add(socket);
    this.#greet(socket).catch((error: unknown) => {
      // The caller's own hooks, which must not harm the others.
      socket.destroy();
      this.#options.onfault?.(error);
    });
  }

  /** Sends away who is no client yet. */
  shut(): void {
    for (const socket of this.#strangers) socket.destroy();
  }

  /** Clients go by themselves, so that they know what became of all they asked; those that do not are sent away. */
  async clear(): Promise<void> {
    for (const client of this.clients) client.dismiss();
    const gone = Promise.all([...this.clients].map(({ closed }) => closed));
    await withinLimit(gone, LAST_WORDS, this.#clock);
    for (const client of this.clients) client.close('the daemon is closing');
    await Promise.all(this.#open.values());
  }

  async #greet(socket: Socket): Promise<void> {
    const timeout = this.#options.limits?.hello ?? HELLO_LIMIT;
    const first = await readFirstLine(socket, { timeout, clock: this.#clock });
    this.#strangers.delete(socket);
    if (socket.destroyed) return;
    const hello = first.kind === 'line' ? readHello(first.line) : null;
    if (hello === null || !isToken(this.#token, hello.token)) this.#sendAway(socket, REFUSAL);
    else if (isSame(this.#ours, hello.introduction)) this.#welcome(socket);
    else {
      this.#sendAway(socket, mismatch(this.#ours));
      this.#options.onmismatch?.(hello.introduction);
    }
  }

  #sendAway(socket: Socket, answer: Failure): void {
    socket.write(encodeFrame(answer));
    closeSoftly(socket, this.#clock);
  }

  #welcome(socket: Socket): void {
    const { handle, limits, onnotification, onclient, onfault } = this.#options;
    socket.write(encodeFrame(welcome(this.#ours)));
    const client: Peer = new Peer(socket, {
      handle: (method, params, context) => handle(method, params, { ...context, client }),
      onnotification: (method, params) => onnotification?.(method, params, client),
      onfault: (error) => onfault?.(error),
      clock: this.#clock,
      ...(limits === undefined ? {} : { limits }),
    });
    this.clients.add(client);
    void client.closed.then(() => this.clients.delete(client));
    onclient?.(client);
  }
}

function withinLimit(done: Promise<unknown>, limit: number, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    const timer = clock.setTimeout(resolve, limit);
    void done.then(() => {
      clock.clearTimeout(timer);
      resolve();
    });
  });
}
