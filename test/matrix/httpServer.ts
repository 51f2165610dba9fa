import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { faultyServer } from '../support/faultyServer.js';
import type { Scene } from './scene.js';

/** A fault of the server, as its option `--fault` has them. */
export interface Fault {
  on: string;
  from?: number;
  times?: number;
  mute?: boolean;
  reset?: boolean;
  status?: number;
  headers?: Record<string, string>;
  body?: string;
  events?: string;
  broken?: boolean;
  type?: string;
  cut?: number;
}

export interface HttpServerOptions {
  faults?: readonly Fault[];
  /** Further arguments. */
  flags?: readonly string[];
}

/** A request as the server recorded it. */
export interface RecordedRequest {
  key: string;
  path: string;
  headers: IncomingHttpHeaders;
}

let servers = 0;

/** The scriptable server over HTTP, in a process of its own that ends with the scene. */
export class FaultyHttpServer {
  readonly #scene: Scene;
  readonly #record: string;
  #child: ChildProcessByStdio<Writable, Readable, null> | null = null;
  #port = 0;
  #isSse = false;
  #onrequest: (() => void)[] = [];

  private constructor(scene: Scene) {
    this.#scene = scene;
    servers += 1;
    this.#record = join(scene.folder, `requests-${servers}`);
    scene.onEnd(() => this.kill());
  }

  static async start(scene: Scene, options: HttpServerOptions = {}): Promise<FaultyHttpServer> {
    const server = new FaultyHttpServer(scene);
    await server.restart(options);
    return server;
  }

  get port(): number {
    return this.#port;
  }

  get origin(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Where it is to be connected to. */
  get url(): string {
    return `${this.origin}${this.#isSse ? '/sse' : '/mcp'}`;
  }

  get pid(): number {
    const { pid } = this.#child ?? {};
    if (pid === undefined) throw new Error('the server does not run');
    return pid;
  }

  /** The requests that it has recorded, those of earlier processes included. */
  get requests(): RecordedRequest[] {
    try {
      const lines = readFileSync(this.#record, 'utf8').trimEnd().split('\n');
      return lines.map((line): RecordedRequest => JSON.parse(line));
    } catch {
      return [];
    }
  }

  /** The recorded requests of this key. */
  of(key: string): RecordedRequest[] {
    return this.requests.filter((request) => request.key === key);
  }

  /** Resolves when there are so many requests of this key. */
  async seen(key: string, count = 1): Promise<void> {
    while (this.of(key).length < count) {
      await new Promise<void>((resolve) => this.#onrequest.push(resolve));
    }
  }

  /** SIGKILL. Resolves when the process is gone. */
  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'close');
    child.kill('SIGKILL');
    await gone;
  }

  /** A new process, on the same port, which knows nothing of the sessions of the one before. */
  async restart({ faults = [], flags = [] }: HttpServerOptions = {}): Promise<void> {
    await this.kill();
    this.#isSse = flags.includes('--sse');
    const scripted = faults.flatMap((fault) => ['--fault', JSON.stringify(fault)]);
    const { ledger, mark } = this.#scene;
    const told = ['--ledger', ledger, '--record', this.#record, '--print-requests', '--end-with-input'];
    const args = ['--http', String(this.#port), ...told];
    const child = spawn(process.execPath, [faultyServer, ...args, ...flags, ...scripted], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, ...mark.env },
    });
    this.#child = child;
    const lines = createInterface(child.stdout);
    const [url] = await Promise.race([once(lines, 'line'), once(child, 'exit')]);
    if (typeof url !== 'string') throw new Error(`the server ended with ${url}`);
    this.#port = Number(new URL(url).port);
    lines.on('line', () => {
      for (const resolve of this.#onrequest.splice(0)) resolve();
    });
  }
}
