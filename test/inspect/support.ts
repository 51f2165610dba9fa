import { type IncomingHttpHeaders, type OutgoingHttpHeaders, request } from 'node:http';
import { onTestFinished } from 'vitest';
import { ConnectionManager } from '../../src/connection/ConnectionManager.js';
import type { ConnectionOptions } from '../../src/connection/options.js';
import type { InspectionFrame, StreamLine } from '../../src/inspect/frames.types.js';
import { type Inspector, type InspectorOptions, openInspector } from '../../src/inspect/serveInspector.js';
import { LineSplitter } from '../../src/lineSplitter.js';
import { SteppingClock, settle } from '../../src/testing/steppingClock.js';
import { PooledSession } from '../rigs/poolRig.js';

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
}

export interface Asked {
  method?: string;
  headers?: OutgoingHttpHeaders;
  body?: string;
}

/** Asks as a program does that can send whatever it likes. */
export function ask(origin: string, path: string, { method = 'GET', headers = {}, body }: Asked = {}) {
  return new Promise<Answer>((resolve, reject) => {
    const { hostname, port } = new URL(origin);
    const asked = request({ host: hostname, port, path, method, headers, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.once('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
      );
      response.once('error', reject);
    });
    asked.once('error', reject);
    asked.end(body);
  });
}

/** Served until the test is over. */
export async function inspect(
  options: InspectorOptions,
  folder: string,
): Promise<Inspector & { token: string }> {
  const inspector = await openInspector(options, folder);
  onTestFinished(() => inspector.close());
  return { ...inspector, token: new URL(inspector.url).hash.slice(1) };
}

/** What a page is told, line by line. */
export class Reader {
  readonly lines: StreamLine[] = [];
  /** Every byte of it. */
  text = '';
  /** Resolves when the stream is over. */
  readonly ended: Promise<void>;
  readonly #asked: ReturnType<typeof request>;
  readonly #waiting = new Set<() => void>();

  constructor(origin: string, token: string) {
    const { hostname, port } = new URL(origin);
    const headers = { Authorization: `Bearer ${token}` };
    this.#asked = request({ host: hostname, port, path: '/api/stream', headers, agent: false });
    this.ended = new Promise((resolve) => {
      this.#asked.once('response', (response) => {
        const lines = new LineSplitter(Number.POSITIVE_INFINITY, (line) => {
          this.text += line;
          this.lines.push(JSON.parse(line));
          for (const look of this.#waiting) look();
        });
        response.on('data', (chunk: Buffer) => lines.push(chunk)).once('close', resolve);
        response.on('error', () => resolve());
      });
      this.#asked.once('error', () => resolve());
    });
    this.#asked.end();
    onTestFinished(() => {
      this.close();
    });
  }

  get frames(): InspectionFrame[] {
    return this.lines.flatMap((line) => (line.type === 'frame' ? [line.frame] : []));
  }

  get id(): string {
    const [first] = this.lines;
    return first?.type === 'hello' ? first.stream : '';
  }

  /** Resolves with the first line that is like this, past ones included. */
  until(matches: (line: StreamLine) => boolean): Promise<StreamLine> {
    return new Promise((resolve) => {
      const look = () => {
        const found = this.lines.find(matches);
        if (found === undefined) return;
        this.#waiting.delete(look);
        resolve(found);
      };
      this.#waiting.add(look);
      look();
    });
  }

  /** Resolves when a frame is like this. */
  async untilFrame(matches: (frame: InspectionFrame) => boolean): Promise<InspectionFrame> {
    const line = await this.until((each) => each.type === 'frame' && matches(each.frame));
    if (line.type !== 'frame') throw new Error('no frame');
    return line.frame;
  }

  close(): void {
    this.#asked.destroy();
  }
}

/** A real manager on a clock that is stepped, over sessions that do what they are told. */
export class Subject {
  readonly clock: SteppingClock;
  readonly sessions: PooledSession[] = [];
  readonly manager: ConnectionManager;

  constructor(name: string, options: Partial<ConnectionOptions> = {}, clock = new SteppingClock()) {
    this.clock = clock;
    this.manager = new ConnectionManager({
      name,
      server: { command: 'never started' },
      retryPolicy: { backoffStrategy: { type: 'constant', delay: 4_000 }, jitter: 'none' },
      ...options,
      clock,
      random: () => 0.5,
      createSession: (epoch) => {
        const session = new PooledSession(epoch, clock);
        this.sessions.push(session);
        return session;
      },
    });
    onTestFinished(() => this.manager.terminate());
  }

  get session(): PooledSession {
    const session = this.sessions.at(-1);
    if (session === undefined) throw new Error('no session was made');
    return session;
  }

  /** Goes through the handshake. */
  async connect(): Promise<void> {
    const connected = this.manager.connect();
    connected.catch(() => {});
    await settle();
    await this.shakeHands();
    await connected;
  }

  async shakeHands(): Promise<void> {
    this.session.opened();
    this.session.answered();
    this.session.completed();
    await settle();
    this.session.answerProbe();
    await settle();
  }
}
