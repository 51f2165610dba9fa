import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { freePort } from './freePort.js';

export const everything = fileURLToPath(
  new URL('../../node_modules/@modelcontextprotocol/server-everything/dist/index.js', import.meta.url),
);

type Mode = 'streamableHttp' | 'sse';
type Child = ChildProcessByStdio<null, Readable, Readable>;

const PATHS: { [mode in Mode]: string } = { streamableHttp: '/mcp', sse: '/sse' };
const READY = /(listening|running) on port \d+/;
/** Tries to find a port that nobody else takes meanwhile. */
const TRIES = 5;

/** `server-everything` over HTTP, in a process of its own. */
export class EverythingServer {
  readonly mode: Mode;
  readonly port: number;
  /** What the processes have said so far on both streams, one line each. */
  readonly lines: string[] = [];
  #child: Child;
  /** Its exit was seen and all that it said was read. */
  #isOver = false;
  #onchange = new Set<() => void>();

  private constructor(mode: Mode, port: number) {
    this.mode = mode;
    this.port = port;
    this.#child = this.#spawn();
  }

  static async start(mode: Mode): Promise<EverythingServer> {
    for (let attempt = 1; ; attempt += 1) {
      const server = new EverythingServer(mode, await freePort());
      try {
        await server.said(READY);
        return server;
      } catch (error) {
        if (attempt === TRIES) throw error;
      }
    }
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}${PATHS[this.mode]}`;
  }

  /** Resolves with the first line that matches, which it may have said before; rejects when it exits without. */
  async said(pattern: RegExp): Promise<string> {
    for (;;) {
      const found = this.lines.find((line) => pattern.test(line));
      if (found !== undefined) return found;
      if (this.#isOver) throw new Error(`it exited without saying ${pattern}: ${this.lines.join('\n')}`);
      await new Promise<void>((resolve) => {
        this.#onchange.add(resolve);
      });
    }
  }

  /** SIGKILL. Resolves when the process is gone. */
  async kill(): Promise<void> {
    if (this.#isOver) return;
    const gone = once(this.#child, 'close');
    this.#child.kill('SIGKILL');
    await gone;
  }

  /** A new process on the same port, which knows nothing of the sessions of the one before. */
  async restart(): Promise<void> {
    await this.kill();
    this.lines.length = 0;
    this.#child = this.#spawn();
    await this.said(READY);
  }

  #spawn(): Child {
    const child = spawn(process.execPath, [everything, this.mode], {
      env: { ...process.env, PORT: String(this.port) },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [child.stdout, child.stderr]) {
      let rest = '';
      stream.setEncoding('utf8').on('data', (text: string) => {
        const parts = (rest + text).split('\n');
        rest = parts.pop() ?? '';
        this.lines.push(...parts);
        this.#changed();
      });
    }
    this.#isOver = false;
    child.once('close', () => {
      this.#isOver = true;
      this.#changed();
    });
    return child;
  }

  #changed(): void {
    for (const resolve of this.#onchange) resolve();
    this.#onchange.clear();
  }
}
