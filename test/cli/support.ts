import { type ChildProcessByStdio, spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  watch,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, onTestFinished } from 'vitest';
import { untilGone } from '../../src/cli/untilGone.js';
import { Deadline } from '../../src/daemon/client/Deadline.js';
import { ownerOf } from '../../src/ipc/ownership.js';
import { type CompiledSources, compileSources } from '../support/compileSources.js';
import { type RunResult, runOrThrow } from '../support/run.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

export const hostileServer = join(root, 'test/cli/hostileServer.mjs');

/** The command, built once for a file of tests. */
export function buildCommand(): { readonly path: string } {
  let sources: CompiledSources | undefined;
  beforeAll(async () => {
    sources = await compileSources();
    await runOrThrow(process.execPath, [join(root, 'src/cli/bundle.mjs'), sources.directory]);
  }, 120_000);
  afterAll(() => sources?.remove());
  return {
    get path() {
      if (sources === undefined) throw new Error('it is not built yet');
      return join(sources.directory, 'cli', 'lifeline.cjs');
    },
  };
}

export interface CommandOptions {
  cwd?: string;
  /** Default: none */
  input?: string;
  /** Whether the input stays open behind it. */
  keepsInput?: boolean;
  env?: { [name: string]: string };
}

/** A command that runs. */
export interface Running {
  child: ChildProcessByStdio<Writable, Readable, Readable>;
  ended: Promise<RunResult>;
  /** Resolves when it has said this, on either output; rejects when it ends without. */
  said(text: string): Promise<void>;
}

export interface TerminalOptions {
  cwd?: string;
  env?: { [name: string]: string };
  /** Characters of a line. Default 120 */
  columns?: number;
}

/** A user of the command, with folders of their own and no daemon yet. What they leave running ends with the test. */
export class User {
  readonly home = mkdtempSync('/tmp/lifeline-');
  readonly runtime = join(this.home, 'run');
  readonly project = join(this.home, 'project');
  readonly #command: { readonly path: string };
  readonly #running = new Set<Running['child']>();

  constructor(command: { readonly path: string }) {
    this.#command = command;
    mkdirSync(this.project);
    onTestFinished(async () => {
      // Only of a test that has failed.
      for (const child of this.#running) child.kill('SIGKILL');
      await this.endDaemons();
      rmSync(this.home, { recursive: true, force: true });
    });
  }

  /** Runs it to its end. */
  lifeline(args: readonly string[], options: CommandOptions = {}): Promise<RunResult> {
    return this.start(args, options).ended;
  }

  start(args: readonly string[], options: CommandOptions = {}): Running {
    const { cwd = this.project, input = '', keepsInput = false, env } = options;
    const child = spawn(process.execPath, [this.#command.path, ...args], {
      cwd,
      env: { ...this.env, ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    child.stdin.on('error', () => {}).write(input);
    if (!keepsInput) child.stdin.end();
    return this.#follow(child);
  }

  /** The same on a terminal, where both outputs are one. Whoever looks writes to `child.stdin` what is typed. */
  startOnTerminal(args: readonly string[], options: TerminalOptions = {}): Running {
    const { cwd = this.project, env, columns = 120 } = options;
    const words = [process.execPath, this.#command.path, ...args].map(
      (word) => `'${word.replaceAll("'", "'\\''")}'`,
    );
    const line = `stty cols ${columns} rows 40 -echo && exec ${words.join(' ')}`;
    const child = spawn('script', ['--quiet', '--return', '--command', line, '/dev/null'], {
      cwd,
      env: { ...this.env, TERM: 'xterm', SHELL: '/bin/sh', ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    child.stdin.on('error', () => {});
    return this.#follow(child);
  }

  /** Runs it to its end on a terminal. */
  async onTerminal(args: readonly string[], options: TerminalOptions = {}): Promise<RunResult> {
    const { child, ended } = this.startOnTerminal(args, options);
    const result = await ended;
    child.stdin.end();
    return result;
  }

  get env(): { [name: string]: string } {
    const { PATH = '' } = process.env;
    return { PATH, HOME: this.home, MCP_LIFELINE_RUNTIME_DIR: this.runtime };
  }

  /** Writes a configuration of the user's own, and returns its path. */
  configure(servers: object, file = '.config/mcp-lifeline/config.json'): string {
    const path = join(this.home, file);
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, JSON.stringify({ mcpServers: servers }));
    return path;
  }

  /** Process ids of the daemons that live. */
  get daemons(): number[] {
    return this.#locks.flatMap((lock) => ownerOf({ lock })?.pid ?? []);
  }

  /** What all daemons wrote down. */
  get logs(): string {
    return this.#files('.log')
      .map((path) => readFileSync(path, 'utf8'))
      .join('');
  }

  async endDaemons(): Promise<void> {
    for (const pid of this.daemons) {
      for (const signal of ['SIGTERM', 'SIGTERM', 'SIGCONT'] as const) process.kill(pid, signal);
    }
    const deadline = new Deadline(20_000, new AbortController().signal);
    for (const lock of this.#locks) await untilGone({ lock }, ownerOf({ lock }), deadline);
  }

  /** Resolves when a daemon has written this down. */
  logged(text: string): Promise<void> {
    return until(this.runtime, () => this.logs.includes(text));
  }

  #follow(child: Running['child']): Running {
    this.#running.add(child);
    child.once('close', () => this.#running.delete(child));
    return follow(child);
  }

  get #locks(): string[] {
    return this.#files('.lock');
  }

  #files(ending: string): string[] {
    try {
      const names = readdirSync(this.runtime).filter((name) => name.endsWith(ending));
      return names.map((name) => join(this.runtime, name));
    } catch {
      // Nothing was started yet.
      return [];
    }
  }
}

function follow(child: Running['child']): Running {
  let stdout = '';
  let stderr = '';
  const onsaid = new Set<() => void>();
  const hear = (stream: Readable, add: (chunk: string) => void) =>
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      add(chunk);
      for (const look of onsaid) look();
    });
  hear(child.stdout, (chunk) => {
    stdout += chunk;
  });
  hear(child.stderr, (chunk) => {
    stderr += chunk;
  });
  const ended = new Promise<RunResult>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  const said = (text: string) =>
    new Promise<void>((resolve, reject) => {
      const look = () => {
        if (`${stdout}${stderr}`.includes(text)) resolve();
      };
      onsaid.add(look);
      look();
      void ended.then(
        (result) => reject(new Error(`ended without ${text}: ${JSON.stringify(result)}`)),
        reject,
      );
    });
  return { child, ended, said };
}

/** Resolves when this is in the file. */
export function written(path: string, text: string): Promise<void> {
  return until(dirname(path), () => existsSync(path) && readFileSync(path, 'utf8').includes(text));
}

/** Resolves when this holds, looking whenever something in the folder changes. */
function until(folder: string, holds: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const watcher = watch(folder, look);
    function look() {
      if (!holds()) return;
      watcher.close();
      resolve();
    }
    look();
  });
}
