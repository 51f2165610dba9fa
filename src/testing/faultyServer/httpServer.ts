import { randomUUID } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Conduct, type Deed } from './conduct.js';
import type { Counts } from './counts.js';
import { HttpAnswers, type SentMessage } from './httpAnswers.js';
import type { HttpFault } from './httpFault.js';
import { HttpSessions } from './httpSessions.js';
import { fieldsOf, type Message, messageOf, textOf } from './message.js';
import type { Settings } from './settings.js';

/** A request to the end of its body. */
interface WholeRequest {
  request: IncomingMessage;
  response: ServerResponse;
  /** Null where it brings none. */
  message: Message | null;
  path: string;
  session: string | null;
}

const event = (message: SentMessage) => `event: message\ndata: ${JSON.stringify(message)}\n\n`;

/** A server on loopback that speaks Streamable HTTP, or HTTP+SSE. */
export class HttpServer {
  readonly #settings: Settings;
  readonly #conduct: Conduct;
  readonly #answers: HttpAnswers;
  readonly #sessions: HttpSessions;
  /** Each fault with the requests so far that could have had it. */
  readonly #faults: { fault: HttpFault; seen: number }[];
  readonly #server: Server;

  constructor(settings: Settings, counts: Counts) {
    this.#settings = settings;
    this.#conduct = new Conduct(settings, counts);
    this.#sessions = new HttpSessions(settings.expireSessionAfter);
    this.#answers = new HttpAnswers(settings, this.#sessions);
    this.#faults = settings.httpFaults.map((fault) => ({ fault, seen: 0 }));
    this.#server = createServer((request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (chunk) => {
        body += chunk;
      });
      request.on('end', () => this.#serve(request, response, body));
    });
  }

  /** @returns the URL to connect to */
  listen(port: number): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, '127.0.0.1', () => {
        const address = this.#server.address();
        const taken = typeof address === 'object' ? address?.port : undefined;
        resolve(`http://127.0.0.1:${taken}${this.#settings.isSse ? '/sse' : '/mcp'}`);
      });
    });
  }

  #serve(request: IncomingMessage, response: ServerResponse, body: string): void {
    const { method = '', url = '/', headers } = request;
    if (!URL.canParse(url, 'http://localhost')) {
      response.writeHead(400).end();
      return;
    }
    const { pathname, searchParams } = new URL(url, 'http://localhost');
    const isMessage = method === 'POST' && headers['content-type']?.startsWith('application/json') === true;
    const message = isMessage ? messageOf(parsed(body)) : null;
    if (isMessage && message === null) {
      response.writeHead(400).end();
      return;
    }
    const key = message === null ? `${method} ${pathname}` : (message.method ?? 'answer');
    const { record, printsRequests, isSse } = this.#settings;
    if (record !== null) appendFileSync(record, `${JSON.stringify({ key, path: url, headers })}\n`);
    if (printsRequests) console.log(key);
    const names = [key, method, textOf(message?.params.name), '*'];
    const fault = this.#faultOf(names);
    if (fault !== undefined && misbehave(fault, request, response)) return;
    const header = headers['mcp-session-id'];
    const session = isSse ? searchParams.get('session') : typeof header === 'string' ? header : null;
    const whole = { request, response, message, path: pathname, session };
    if (isSse) this.#serveSse(whole);
    else this.#serveStreamable(whole, fault);
  }

  /** The fault that a request of these names has, if any. Each fault that could be its counts it. */
  #faultOf(names: readonly string[]): HttpFault | undefined {
    const having = this.#faults.filter(({ fault }) => names.includes(fault.on));
    for (const counted of having) counted.seen += 1;
    return having.find(({ fault, seen }) => fault.which.has(seen))?.fault;
  }

  #serveStreamable({ request, response, message, path, session }: WholeRequest, fault?: HttpFault): void {
    if (path !== '/mcp') {
      response.writeHead(404).end();
      return;
    }
    if (message !== null) {
      this.#respond(message, session, fault, request, response);
      return;
    }
    if (request.method !== 'GET' && request.method !== 'DELETE') {
      response.writeHead(405).end();
      return;
    }
    if (session === null || !this.#sessions.has(session)) {
      response.writeHead(404).end();
      return;
    }
    if (request.method === 'GET') {
      this.#sessions.openStream(session, response);
      return;
    }
    this.#sessions.end(session);
    response.writeHead(200).end();
  }

  /** Streamable HTTP: the answer to a POST in its response. */
  #respond(
    message: Message,
    given: string | null,
    fault: HttpFault | undefined,
    request: IncomingMessage,
    response: ServerResponse,
  ): void {
    const isNew = message.method === 'initialize';
    const session = isNew ? randomUUID() : (given ?? '');
    if (isNew) this.#sessions.begin(session);
    else if (!this.#sessions.use(session)) {
      const error = { code: -32001, message: 'Session not found' };
      response.writeHead(404, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ jsonrpc: '2.0', error, id: null }));
      return;
    }
    if (message.id === undefined || message.method === undefined) {
      response.writeHead(202).end();
      return;
    }
    const isStream = this.#settings.isStream && !isNew;
    this.#handle(message, request, (answered, done) => {
      if (answered === null) {
        if (isStream) response.writeHead(200, { 'content-type': 'text/event-stream' }).write(event(BEGUN));
        return;
      }
      const body = Buffer.from(isStream ? event(answered) : JSON.stringify(answered));
      response.writeHead(200, {
        'content-type': fault?.type ?? (isStream ? 'text/event-stream' : 'application/json'),
        'content-length': body.length,
        'mcp-session-id': session,
      });
      if (fault?.cut === undefined) response.end(body, done);
      else response.write(body.subarray(0, fault.cut), () => response.destroy());
    });
  }

  #serveSse({ request, response, message, path, session }: WholeRequest): void {
    if (message !== null && path === '/message') {
      this.#respondOnStream(message, session ?? '', request, response);
      return;
    }
    if (request.method !== 'GET' || path !== '/sse') {
      response.writeHead(405).end();
      return;
    }
    const made = randomUUID();
    this.#sessions.begin(made);
    this.#sessions.openStream(made, response, `event: endpoint\ndata: /message?session=${made}\n\n`);
  }

  /** HTTP+SSE: the answer to a POST on the stream of its session. */
  #respondOnStream(
    message: Message,
    session: string,
    request: IncomingMessage,
    response: ServerResponse,
  ): void {
    if (!this.#sessions.use(session)) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(202).end();
    if (message.id === undefined || message.method === undefined) return;
    this.#handle(message, request, (answered, done) => {
      if (answered !== null) this.#sessions.write(session, event(answered), done);
    });
  }

  /** @param answer takes null where there is no answer, and calls `done` when it is on its way */
  #handle(
    message: Message,
    request: IncomingMessage,
    answer: (answered: SentMessage | null, done: () => void) => void,
  ): void {
    const deed = this.#conduct.decide(message);
    if (deed.crash === 'before') process.exit(this.#settings.exitCode);
    const act = () => {
      const answered = this.#answers.to(message, deed, request.headers);
      answer(answered, () => this.#end(deed));
    };
    if (deed.delay > 0) setTimeout(act, deed.delay);
    else act();
  }

  #end({ crash }: Deed): void {
    if (crash === 'after') process.exit(this.#settings.exitCode);
  }
}

const BEGUN: SentMessage = {
  jsonrpc: '2.0',
  method: 'notifications/message',
  params: { level: 'info', data: 'begun' },
};

/** Does what the fault says. Returns false where the ordinary answer is to be given, if in another way. */
function misbehave(fault: HttpFault, request: IncomingMessage, response: ServerResponse): boolean {
  if (fault.mute === true) return true;
  if (fault.reset === true) {
    request.socket.destroy();
    return true;
  }
  if (fault.status !== undefined) {
    const origin = `http://${request.headers.host}`;
    const headers = Object.entries(fieldsOf(fault.headers)).map(([name, value]) => [
      name,
      textOf(value).replaceAll('{origin}', origin),
    ]);
    response.writeHead(fault.status, Object.fromEntries(headers)).end(fault.body);
    return true;
  }
  if (fault.events === undefined) return false;
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  if (fault.broken === true) response.write(fault.events, () => response.destroy());
  else response.end(fault.events);
  return true;
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return null;
  }
}
