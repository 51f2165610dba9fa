import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { onTestFinished } from 'vitest';
import { faultyServer } from '../../support/faultyServer.js';

export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export interface Answer {
  id?: unknown;
  method?: string;
  result?: { [field: string]: unknown };
  error?: { code: number; message: string };
}

/** The command, in a process group of its own that ends with the test. */
export class ServerProcess {
  readonly child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly ended: Promise<Ended>;
  /** Lines of stdout so far. */
  readonly lines: string[] = [];
  #stdout = '';
  #stderr = '';
  #onoutput = new Set<() => void>();
  #isOver = false;
  #nextId = 1;

  constructor(...args: string[]) {
    this.child = spawn(process.execPath, [faultyServer, ...args], { stdio: 'pipe', detached: true });
    this.child.stdin.on('error', () => {});
    this.child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      this.#stdout += chunk;
    });
    createInterface(this.child.stdout).on('line', (line) => {
      this.lines.push(line);
      this.#look();
    });
    this.child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      this.#stderr += chunk;
      this.#look();
    });
    this.ended = once(this.child, 'close').then(([code, signal]) => {
      this.#isOver = true;
      this.#look();
      return { code, signal, stdout: this.#stdout, stderr: this.#stderr };
    });
    onTestFinished(async () => {
      if (this.#isOver) return;
      this.killGroup();
      await this.ended;
    });
  }

  get pid(): number {
    const { pid } = this.child;
    if (pid === undefined) throw new Error('it was not started');
    return pid;
  }

  get stderr(): string {
    return this.#stderr;
  }

  killGroup(): void {
    try {
      process.kill(-this.pid, 'SIGKILL');
    } catch {
      // Nobody of it is left.
    }
  }

  /** Writes a request. @returns its answer, or null when the process ended without one */
  async request(method: string, params: object = {}): Promise<Answer | null> {
    const id = this.#nextId++;
    this.child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`);
    const isIt = (answer: Answer) => answer.id === id;
    await this.#until(() => this.#isOver || this.answers.some(isIt));
    return this.answers.find(isIt) ?? null;
  }

  call(name: string, args: object = {}): Promise<Answer | null> {
    return this.request('tools/call', { name, arguments: args });
  }

  notify(method: string, params: object = {}): void {
    this.child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', method, params })}\n`);
  }

  /** Resolves when it has said this. */
  said(method: string): Promise<void> {
    return this.#until(() => this.answers.some((message) => message.method === method));
  }

  /** Resolves when this is on stderr. */
  complained(text: string): Promise<void> {
    return this.#until(() => this.#stderr.includes(text));
  }

  /** Resolves with the so-manieth line of stdout. */
  async line(number: number): Promise<string> {
    await this.#until(() => this.lines.length >= number);
    return this.lines[number - 1] ?? '';
  }

  /** Ends its input, and waits for its end. */
  end(): Promise<Ended> {
    this.child.stdin.end();
    return this.ended;
  }

  /** What came so far, in order, without what is no JSON. */
  get answers(): Answer[] {
    return this.lines.flatMap((line): Answer[] => {
      try {
        return [JSON.parse(line)];
      } catch {
        return [];
      }
    });
  }

  async #until(holds: () => boolean): Promise<void> {
    while (!holds()) {
      await new Promise<void>((resolve) => {
        const look = () => {
          this.#onoutput.delete(look);
          resolve();
        };
        this.#onoutput.add(look);
      });
    }
  }

  #look(): void {
    for (const look of [...this.#onoutput]) look();
  }
}

/** The command over HTTP, which ends with the test. */
export class HttpServerProcess {
  readonly process: ServerProcess;
  readonly url: string;
  #session: string | null = null;
  #nextId = 1;

  private constructor(process: ServerProcess, url: string) {
    this.process = process;
    this.url = url;
  }

  static async start(...args: string[]): Promise<HttpServerProcess> {
    const process = new ServerProcess('--http', '--end-with-input', ...args);
    return new HttpServerProcess(process, await process.line(1));
  }

  /** Posts a request. A session that it answers with is used from then on. */
  async post(method: string, params: object = {}): Promise<Response> {
    const response = await fetch(this.url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        connection: 'close',
        ...(this.#session !== null && { 'mcp-session-id': this.#session }),
      },
      body: JSON.stringify({ jsonrpc: '2.0', id: this.#nextId++, method, params }),
      redirect: 'manual',
    });
    this.#session = response.headers.get('mcp-session-id') ?? this.#session;
    return response;
  }

  /** Posts a request. @returns its status and what it says as JSON, or that there was no answer */
  async ask(method: string, params: object = {}): Promise<{ status: number; answer: Answer } | 'none'> {
    try {
      const response = await this.post(method, params);
      const text = await response.text();
      return { status: response.status, answer: text === '' ? {} : JSON.parse(text) };
    } catch {
      return 'none';
    }
  }
}
