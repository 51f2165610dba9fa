import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { ConnectionConfig } from '../../src/connection/options.js';
import type { ServerDefinition } from '../../src/transports/createTransport.js';
import type { CompiledSources } from '../support/compileSources.js';
import type { Scene } from './scene.js';

const script = fileURLToPath(new URL('../fixtures/hosts/manager-host.mjs', import.meta.url));

/** What a host is told of a connection. */
export interface HostedConnection extends ConnectionConfig {
  server: Exclude<ServerDefinition, () => unknown>;
  random?: number;
}

export interface HostOptions {
  connections: HostedConnection[];
  /** Runs the host; default as it is. */
  shell?: string;
}

/** A program with connections of its own, in a process that can be stopped or starved. It ends with the scene. */
export class Host {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #lines: AsyncIterator<string>;
  readonly #exit: Promise<unknown[]>;
  /** All that it has said and was read. */
  readonly said: unknown[] = [];
  #stderr = '';

  private constructor(scene: Scene, compiled: CompiledSources, { connections, shell }: HostOptions) {
    // Some versions of Node load it when they first need it, and complain where nothing can be opened any more.
    const { NODE_EXTRA_CA_CERTS: _, ...environment } = process.env;
    const args = [script, '--package', compiled.directory, '--connections', JSON.stringify(connections)];
    this.#child = spawn('sh', ['-c', shell ?? 'exec "$@"', 'sh', process.execPath, ...args], {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...environment, ...scene.mark.env },
    });
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
    });
    this.#exit = once(this.#child, 'close');
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
    scene.onEnd(() => this.#end());
  }

  static async start(scene: Scene, compiled: CompiledSources, options: HostOptions): Promise<Host> {
    const host = new Host(scene, compiled, options);
    await host.says('"ready"');
    return host;
  }

  tell(command: string): void {
    this.#child.stdin.write(`${command}\n`);
  }

  /** Waits until it says a line that has this in it. */
  async says(part: string): Promise<unknown> {
    for (;;) {
      const { value: line, done } = await this.#lines.next();
      if (done) throw new Error(`the host has ended: ${this.#stderr}`);
      const said: unknown = JSON.parse(line);
      this.said.push(said);
      if (line.includes(part)) return said;
    }
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Ends its connections, and then by itself. */
  async leave(): Promise<void> {
    this.tell('end');
    const [code] = await this.#exit;
    if (code !== 0 || this.#stderr !== '') throw new Error(`the host ended with ${code}: ${this.#stderr}`);
  }

  async #end(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#exit;
  }
}
