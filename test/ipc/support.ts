import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { type Places, placesFor, surroundings } from '../../src/ipc/places.js';
import { SteppingClock } from '../../src/testing/steppingClock.js';

/** A directory for one test, with a path that is short enough for a socket. */
export function makeDirectory(): string {
  const directory = mkdtempSync('/tmp/lifeline-');
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** Places whose directory does not exist yet. */
export function makePlaces(fingerprint = 'one', directory = join(makeDirectory(), 'run')): Places {
  return placesFor(fingerprint, { ...surroundings(), env: { MCP_LIFELINE_RUNTIME_DIR: directory }, user });
}

/** Nobody's, so that a socket that finds no room in its directory is not put among those of the tester's daemons. */
const user = `test-${process.pid}`;

/** A process with one of the scripts of this folder, which answers each line that it is told with a line of JSON. */
export class Told {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: Interface;
  readonly #answers: AsyncIterator<string>;

  private constructor(script: string, args: readonly string[]) {
    const path = fileURLToPath(new URL(script, import.meta.url));
    this.#child = spawn(process.execPath, [path, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#child.stdin.on('error', () => {});
    this.#lines = createInterface({ input: this.#child.stdout });
    this.#answers = this.#lines[Symbol.asyncIterator]();
    onTestFinished(() => this.kill());
  }

  /** Starts it and waits until it is ready. */
  static async start(script: string, ...args: string[]): Promise<Told> {
    const told = new Told(script, args);
    await told.answer();
    return told;
  }

  get pid(): number {
    if (this.#child.pid === undefined) throw new Error('it did not start');
    return this.#child.pid;
  }

  say(line: string): void {
    this.#child.stdin.write(`${line}\n`);
  }

  async answer(): Promise<unknown> {
    const { value, done } = await this.#answers.next();
    if (done) throw new Error('it ended without an answer');
    return JSON.parse(value);
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await gone;
  }
}

/** A stepping clock that can wait until somebody sets a timer. */
export class PatientClock extends SteppingClock {
  readonly #waiting = new Set<() => void>();

  override setTimeout(callback: () => void, delay: number): number {
    const timer = super.setTimeout(callback, delay);
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
    return timer;
  }

  /** Waits until a timer with this delay was set, and fires it. */
  async fireOnce(delay: number): Promise<void> {
    while (!this.delays.includes(delay)) {
      await new Promise<void>((resolve) => {
        this.#waiting.add(resolve);
      });
    }
    this.fire(delay);
  }
}

/** Runs with an umask, for everything that is done at once. */
export function withUmask<T>(mask: number, act: () => T): T {
  const before = process.umask(mask);
  try {
    return act();
  } finally {
    process.umask(before);
  }
}
