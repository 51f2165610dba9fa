import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { Readable } from 'node:stream';

const PACKAGE = '@modelcontextprotocol/server-everything';

/** Tries to find a port: somebody else may take the free one first. */
const TRIES = 5;

/** The arguments with which Node runs the server of the tour. */
export function everythingArgs(mode: 'stdio' | 'streamableHttp'): string[] {
  const manifest = createRequire(import.meta.url).resolve(`${PACKAGE}/package.json`);
  return [join(manifest, '..', 'dist', 'index.js'), mode];
}

type Child = ChildProcessByStdio<null, null, Readable>;

/** The server of the tour as a process of its own that listens on a port. */
export class EverythingOverHttp {
  readonly port: number;
  #child: Child;

  private constructor(port: number, child: Child) {
    this.port = port;
    this.#child = child;
  }

  static async start(signal: AbortSignal): Promise<EverythingOverHttp> {
    for (let attempt = 1; ; attempt += 1) {
      const port = await findFreePort();
      try {
        return new EverythingOverHttp(port, await listening(port, signal));
      } catch (error) {
        if (signal.aborted || attempt === TRIES) throw error;
      }
    }
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/mcp`;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Resolves when the process is gone. */
  async kill(): Promise<void> {
    await end(this.#child);
  }

  /** The same again on the same port, after `kill`. */
  async restart(signal: AbortSignal): Promise<void> {
    this.#child = await listening(this.port, signal);
  }
}

/** Starts the server and waits until it says that it listens. */
async function listening(port: number, signal: AbortSignal): Promise<Child> {
  signal.throwIfAborted();
  const child = spawn(process.execPath, everythingArgs('streamableHttp'), {
    env: { ...process.env, PORT: String(port) },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const killNow = () => child.kill('SIGKILL');
  process.once('exit', killNow);
  child.once('exit', () => process.removeListener('exit', killNow));
  try {
    await saysThatItListens(child, signal);
    return child;
  } catch (error) {
    await end(child);
    throw error;
  }
}

function saysThatItListens(child: Child, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      // Read on after that as well: a full pipe would stop the server.
      if (said.length < 10_000) said += text;
      if (said.includes('listening on port')) resolve();
    });
    child.once('error', reject);
    child.once('exit', () => reject(new Error(`${PACKAGE} did not start: ${said.trim()}`)));
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

async function end(child: Child): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

async function findFreePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port is free');
  return address.port;
}
