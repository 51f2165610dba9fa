import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../../clock.js';
import { ACTIONS, type ActionOutcome, type InspectionAction } from '../frames.types.js';
import type { InspectionSource } from '../InspectionSource.types.js';
import type { Asset } from './assets.js';
import { demandOwnHost, demandOwnOrigin, demandToken, ownHosts } from './guard.js';
import { HEADERS } from './headers.js';
import { PageStream } from './PageStream.js';
import { Refusal } from './Refusal.js';
import { readJson, textIn } from './readJson.js';

/** Pages at a time. */
const MOST_STREAMS = 32;
/** Connections at a time; a browser takes six for a page. */
const MOST_SOCKETS = 256;
/** Milliseconds for a request to come in. Whoever takes longer would keep its place from others. */
const LONGEST_REQUEST = 5_000;
/** Milliseconds between two looks for those that take longer. */
const LOOK_EVERY = 1_000;
/** Milliseconds for an action. What takes longer is not waited for: browsers keep few requests open at a time. */
export const LONGEST_ACTION = 10_000;

export interface InspectorServerOptions {
  source: InspectionSource;
  assets: ReadonlyMap<string, Asset>;
  token: string;
  host: string;
  port: number;
  clock: Clock;
}

type Route = { readonly method: string; serve(request: IncomingMessage, response: ServerResponse): unknown };

/** Serves the page, and tells it what the source tells. */
export class InspectorServer {
  readonly #options: InspectorServerOptions;
  readonly #server: Server;
  readonly #streams = new Map<string, PageStream>();
  readonly #closing = new AbortController();
  readonly #routes: ReadonlyMap<string, Route>;
  /** `127.0.0.1:4000` and its other names. */
  #hosts: ReadonlySet<string> = new Set();
  #origin = '';

  constructor(options: InspectorServerOptions) {
    this.#options = options;
    const { assets } = options;
    this.#routes = new Map<string, Route>([
      ...[...assets].map(([path, asset]): [string, Route] => [
        path,
        { method: 'GET', serve: (_, response) => sendAsset(response, asset) },
      ]),
      ['/api/stream', { method: 'GET', serve: (_, response) => this.#stream(response) }],
      ['/api/focus', { method: 'POST', serve: (request, response) => this.#focus(request, response) }],
      ['/api/act', { method: 'POST', serve: (request, response) => this.#act(request, response) }],
    ]);
    const limits = {
      headersTimeout: LONGEST_REQUEST,
      requestTimeout: LONGEST_REQUEST,
      connectionsCheckingInterval: LOOK_EVERY,
    };
    this.#server = createServer(limits, (request, response) => void this.#serve(request, response));
    this.#server.maxConnections = MOST_SOCKETS;
    this.#server.on('clientError', (_, socket) => {
      if (socket.writable)
        socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
      else socket.destroy();
    });
  }

  /** Where it listens: `http://127.0.0.1:4000`. */
  get origin(): string {
    return this.#origin;
  }

  /** @throws the system's error where it cannot listen */
  async listen(): Promise<void> {
    const { host, port } = this.#options;
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, host, () => {
        this.#server.off('error', reject);
        // One that could not be let in, as descriptors are short, comes again; nobody else is to suffer.
        this.#server.on('error', () => {});
        resolve();
      });
    });
    const address = this.#server.address();
    const bound = isAddress(address) ? address.port : port;
    this.#hosts = ownHosts(bound);
    this.#origin = `http://${host.includes(':') ? `[${host}]` : host}:${bound}`;
  }

  /** Tells the pages that it is over, and lets go of everything. */
  async close(): Promise<void> {
    this.#closing.abort();
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    const ended = [...this.#streams.values()].map((stream) => stream.close());
    this.#server.closeIdleConnections();
    // What the pages are told last has a turn to go out.
    if (ended.length > 0) await new Promise((resolve) => setImmediate(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
    try {
      await this.#route(request, response);
    } catch (error) {
      if (response.headersSent) {
        response.destroy();
        return;
      }
      const refusal = error instanceof Refusal ? error : new Refusal(500, 'internal error');
      for (const [name, value] of Object.entries(refusal.headers)) response.setHeader(name, value);
      // What was not read of the request is not waited for.
      if (!request.complete) response.setHeader('Connection', 'close');
      sendJson(response, { error: refusal.message }, refusal.status);
    }
  }

  async #route(request: IncomingMessage, response: ServerResponse): Promise<void> {
    demandOwnHost(request, this.#hosts);
    const [path = ''] = (request.url ?? '').split('?');
    const route = this.#routes.get(path);
    if (route === undefined) throw new Refusal(404, 'there is nothing here');
    if (request.method !== route.method) {
      throw new Refusal(405, `method: expected ${route.method}`, { Allow: route.method });
    }
    if (path.startsWith('/api/')) {
      demandOwnOrigin(request);
      demandToken(request, this.#options.token);
    }
    await route.serve(request, response);
  }

  #stream(response: ServerResponse): void {
    if (this.#streams.size >= MOST_STREAMS) throw new Refusal(503, `${MOST_STREAMS} pages are open already`);
    if (this.#closing.signal.aborted) throw new Refusal(503, 'it is being closed');
    const id = randomBytes(8).toString('hex');
    response.writeHead(200, { 'Content-Type': 'application/x-ndjson; charset=utf-8' });
    const { source, clock } = this.#options;
    const stream = new PageStream({ id, source, response, clock, closed: () => this.#streams.delete(id) });
    this.#streams.set(id, stream);
  }

  async #focus(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readJson(request);
    const stream = this.#streams.get(textIn(body, 'stream'));
    if (stream === undefined) throw new Refusal(404, 'stream: there is no such stream');
    stream.focus('name' in body && body.name === null ? null : textIn(body, 'name'));
    sendJson(response, {});
  }

  async #act(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readJson(request);
    const action = textIn(body, 'action');
    if (!isAction(action)) throw new Refusal(400, `action: expected one of ${ACTIONS.join(', ')}`);
    const name = textIn(body, 'name');
    // What was begun goes on when the page is gone: half a step helps nobody.
    const { signal } = this.#closing;
    sendJson(response, await this.#inTime(this.#options.source.act(action, name, { signal })));
  }

  /** What takes long goes on; the page shows how it comes out. */
  #inTime(outcome: Promise<ActionOutcome>): Promise<ActionOutcome> {
    const { clock } = this.#options;
    const { signal } = this.#closing;
    return new Promise((resolve, reject) => {
      const leave = () => resolve({ isDone: false, text: 'not done yet; it goes on' });
      const timer = clock.setTimeout(leave, LONGEST_ACTION);
      const stop = () => clock.clearTimeout(timer);
      signal.addEventListener('abort', stop, { once: true });
      outcome.then(resolve, reject).finally(() => {
        stop();
        signal.removeEventListener('abort', stop);
      });
    });
  }
}

function isAction(text: string): text is InspectionAction {
  return ACTIONS.some((action) => action === text);
}

function isAddress(address: AddressInfo | string | null): address is AddressInfo {
  return typeof address === 'object' && address !== null;
}

function sendAsset(response: ServerResponse, { type, content }: Asset): void {
  response.writeHead(200, { 'Content-Type': type, 'Content-Length': content.length }).end(content);
}

function sendJson(response: ServerResponse, value: object, status = 200): void {
  const content = Buffer.from(JSON.stringify(value));
  response.writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': content.length });
  response.end(content);
}
