import type { ServerResponse } from 'node:http';

interface HttpSession {
  /** Its open stream, if there is one. */
  stream: ServerResponse | null;
  /** Requests since it began. */
  requests: number;
}

/** The sessions that a server over HTTP knows. */
export class HttpSessions {
  readonly #sessions = new Map<string, HttpSession>();
  readonly #most: number;

  /** @param most requests in a session before it is forgotten */
  constructor(most: number) {
    this.#most = most;
  }

  begin(id: string): void {
    this.#sessions.set(id, { stream: null, requests: 0 });
  }

  has(id: string): boolean {
    return this.#sessions.has(id);
  }

  /** Counts a request in the session. @returns false where there is none any more */
  use(id: string): boolean {
    const session = this.#sessions.get(id);
    if (session === undefined) return false;
    session.requests += 1;
    if (session.requests <= this.#most) return true;
    this.#forget(id);
    return false;
  }

  openStream(id: string, response: ServerResponse, first?: string): void {
    const session = this.#sessions.get(id);
    if (session !== undefined) session.stream = response;
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.flushHeaders();
    if (first !== undefined) response.write(first);
  }

  write(id: string, text: string, done: () => void): void {
    this.#sessions.get(id)?.stream?.write(text, done);
  }

  /** As the client asked. */
  end(id: string): void {
    this.#sessions.get(id)?.stream?.end();
    this.#sessions.delete(id);
  }

  /** As if the server had never heard of any. */
  forgetAll(): void {
    for (const id of [...this.#sessions.keys()]) this.#forget(id);
  }

  #forget(id: string): void {
    this.#sessions.get(id)?.stream?.destroy();
    this.#sessions.delete(id);
  }
}
