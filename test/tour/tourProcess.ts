import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { afterAll, beforeAll } from 'vitest';
import { type CompiledSources, compileSources } from '../support/compileSources.js';
import type { RunResult } from '../support/run.js';

let compiled: CompiledSources | null = null;

/** Compiles the tour for the tests of a file. */
export function installCompiledTour(): void {
  beforeAll(async () => {
    compiled = await compileSources();
  }, 60_000);
  afterAll(() => compiled?.remove());
}

/** An event as `--json` prints it. */
export interface Line {
  at: number;
  connection: string | null;
  event: string;
  [field: string]: unknown;
}

/** The tour as its user runs it, its output piped. */
export class TourProcess {
  readonly child: ChildProcessByStdio<null, Readable, Readable>;
  stdout = '';
  stderr = '';
  readonly #closed: Promise<unknown>;
  #isOver = false;
  #onchange = new Set<() => void>();

  constructor(args: readonly string[]) {
    if (compiled === null) throw new Error('the tour is not compiled');
    const main = join(compiled.directory, 'src', 'tour', 'main.js');
    this.child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
      this.#changed();
    });
    this.child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    this.#closed = once(this.child, 'close').then(() => {
      this.#isOver = true;
      this.#changed();
    });
  }

  /** Runs it to its end. */
  static run(args: readonly string[]): Promise<RunResult> {
    return new TourProcess(args).ended();
  }

  async ended(): Promise<RunResult> {
    await this.#closed;
    const { exitCode: code, signalCode: signal } = this.child;
    return { code, signal, stdout: this.stdout, stderr: this.stderr };
  }

  /** Resolves with what `find` finds in the output so far, as soon as it finds something. */
  async shows<Found>(find: (stdout: string) => Found | undefined): Promise<Found> {
    for (;;) {
      const found = find(this.stdout);
      if (found !== undefined) return found;
      if (this.#isOver) throw new Error(`it ended: ${this.stdout}${this.stderr}`);
      await new Promise<void>((resolve) => {
        this.#onchange.add(resolve);
      });
    }
  }

  #changed(): void {
    for (const resolve of this.#onchange) resolve();
    this.#onchange.clear();
  }
}

/** The complete lines of a `--json` tour. */
export function eventsOf(stdout: string): Line[] {
  return stdout
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line));
}
