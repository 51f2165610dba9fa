import { once } from 'node:events';
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
import { type Clock, systemClock } from '../../clock.js';
import { ConnectionError } from '../../errors.js';
import { LineSplitter } from '../../lineSplitter.js';
import { createRedactor, type Redactor } from '../../redact.js';
import { environmentSecrets } from '../secrets.js';
import type { LifelineTransport } from '../transport.types.js';
import { readFrame, writeFrame } from './frames.js';
import { tellOfStart } from './groupWatchers.js';
import { closed, excerpt, frameTooLarge, type LastWords, pipeBroken, processExited } from './losses.js';
import { outputSettled } from './outputSettled.js';
import { ProcessGroup } from './processGroup.js';
import { ServerInput } from './serverInput.js';
import { explainSpawnFailure, type ServerProcess, spawnServer } from './spawnServer.js';
import { StderrTail } from './stderrTail.js';
import type { StdioStats, StdioTransportOptions } from './stdio.types.js';
import { streamClosed } from './streamClosed.js';
import { type ProcessExit, SupervisedProcess } from './supervisedProcess.js';

const MEBIBYTE = 1024 * 1024;
const DEFAULT_FRAME_LIMIT = 10 * MEBIBYTE;
const DEFAULT_STDERR_LIMIT = 8 * 1024;
const DEFAULT_LADDER = { endInput: 2000, terminate: 2000 };
/** A dying process loses its pipes just before its exit is seen, and the exit says more. Milliseconds. */
const EXIT_GRACE = 1000;

/**
 * A server as a child process that speaks on its standard streams.
 *
 * `start` rejects with a `ConnectionError`: `COMMAND_NOT_FOUND`, `CWD_NOT_FOUND`, `PERMISSION_DENIED`,
 * `RESOURCES_EXHAUSTED` or `SPAWN_FAILED` (`details.errno` is the system's word), `CONNECTION_CLOSED`
 * when it was closed meanwhile. Later `onlost` tells one of `PROCESS_EXITED` (`details`: `exitCode`,
 * `signal`, `stderr`), `PIPE_BROKEN` and `FRAME_TOO_LARGE`, and the process is ended in any case.
 *
 * Whatever the server writes on stderr is read and only its end is kept (R10). A line on stdout that
 * is no message is reported by `onerror` and counted, and the session goes on. `close` goes down the
 * ladder of R7, and resolves when the exit was seen and the process group is gone.
 */
export class StdioTransport implements LifelineTransport {
  onclose?: LifelineTransport['onclose'];
  onerror?: LifelineTransport['onerror'];
  onmessage?: LifelineTransport['onmessage'];
  onlost?: LifelineTransport['onlost'];

  readonly #options: StdioTransportOptions;
  readonly #clock: Pick<Clock, 'setTimeout' | 'clearTimeout'>;
  readonly #redact: Redactor;
  readonly #stderr: StderrTail;
  readonly #lines: LineSplitter;
  readonly #stats: StdioStats = {
    framesSent: 0,
    framesReceived: 0,
    bytesReceived: 0,
    stderrBytes: 0,
    garbageLines: 0,
    blankLines: 0,
  };
  #hasStarted = false;
  #child: ServerProcess | null = null;
  #process: SupervisedProcess | null = null;
  #input: ServerInput | null = null;
  /** Resolves when the exit was seen and what the process left in its pipes was read. */
  #exitHandled: Promise<void> = Promise.resolve();
  #firstGarbage: string | null = null;
  #graceTimer: unknown = null;
  #isOver = false;
  #release: Promise<void> | null = null;
  #closing: Promise<void> | null = null;

  constructor(options: StdioTransportOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#redact = createRedactor([...environmentSecrets(options.env), ...(options.secrets ?? [])]);
    this.#stderr = new StderrTail(options.stderrLimit ?? DEFAULT_STDERR_LIMIT, this.#redact);
    this.#lines = new LineSplitter(this.#frameLimit, (line) => this.#read(line));
  }

  /** Process id of the server; null before it was started. It stays after the server's end. */
  get pid(): number | null {
    return this.#process?.pid ?? null;
  }

  get stats(): Readonly<StdioStats> {
    return { ...this.#stats };
  }

  async start(): Promise<void> {
    if (this.#hasStarted) throw new ConnectionError('INTERNAL_ERROR', 'a transport starts only once');
    this.#hasStarted = true;
    if (this.#closing !== null) throw closed();
    try {
      tellOfStart();
      const child = spawnServer(this.#options);
      const { pid } = child;
      if (pid === undefined) {
        const [failure] = await once(child, 'error');
        throw failure;
      }
      // Without a pause since the spawn: a close from here on finds the process and ends it.
      this.#takeOver(child, pid);
      await once(child, 'spawn');
    } catch (failure) {
      const error =
        failure instanceof ConnectionError
          ? failure
          : await explainSpawnFailure(failure, this.#options, this.#redact);
      this.#lose(error);
      throw this.#closing === null ? error : closed();
    }
    if (this.#closing !== null) throw closed();
  }

  /**
   * Resolves when the stream took the message and is ready for more. Rejects with why nothing can be
   * sent; `details.unsent` is true when no byte of the message was written.
   */
  async send(message: JSONRPCMessage): Promise<void> {
    if (this.#input === null) {
      throw new ConnectionError('CONNECTION_CLOSED', 'the server does not run', {
        details: { unsent: true },
      });
    }
    await this.#input.write(writeFrame(message));
    this.#stats.framesSent += 1;
  }

  /** Never rejects. Stays pending while the system cannot end the process. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  get #frameLimit(): number {
    return this.#options.frameLimit ?? DEFAULT_FRAME_LIMIT;
  }

  /** A process that nobody looks after must not live on. */
  #takeOver(child: ServerProcess, pid: number): void {
    try {
      this.#attach(child, pid);
    } catch (cause) {
      child.on('error', () => {});
      new ProcessGroup(pid).kill();
      throw new ConnectionError('INTERNAL_ERROR', 'the server was started, but could not be looked after', {
        cause: cause instanceof Error ? cause : undefined,
      });
    }
  }

  #attach(child: ServerProcess, pid: number): void {
    const ladder = { ...DEFAULT_LADDER, ...this.#options.ladder };
    const supervised = new SupervisedProcess(child, pid, ladder, this.#clock);
    this.#child = child;
    this.#process = supervised;
    this.#input = new ServerInput(child.stdin, () => this.#pipeBroke('stdin'));
    child.on('error', (error) => this.#report(error));
    child.stdout.on('data', (chunk: Buffer) => this.#receive(chunk));
    child.stdout.on('end', () => this.#pipeBroke('stdout'));
    child.stdout.on('error', () => this.#pipeBroke('stdout'));
    child.stderr.on('data', (chunk: Buffer) => {
      this.#stats.stderrBytes += chunk.length;
      this.#stderr.push(chunk);
    });
    // What the server says to people matters less than the session.
    child.stderr.on('error', (error) => this.#report(error));
    this.#exitHandled = supervised.exited.then((exit) => this.#exited(exit));
  }

  #receive(chunk: Buffer): void {
    this.#stats.bytesReceived += chunk.length;
    if (this.#isOver || this.#lines.push(chunk)) return;
    this.#lose(frameTooLarge(this.#frameLimit, this.#lastWords()));
    // Unread, it would block the server; read, it would never end.
    this.#child?.stdout.destroy();
  }

  #read(line: string): void {
    if (this.#isOver) return;
    const frame = readFrame(line);
    if (frame.kind === 'message') {
      this.#deliver(frame.message);
    } else if (frame.kind === 'blank') {
      this.#stats.blankLines += 1;
    } else {
      this.#stats.garbageLines += 1;
      const words = this.#redact(line);
      this.#firstGarbage ??= words.slice(0, 1024);
      this.#report(new Error(`a line on stdout is no message (${frame.flaw}): ${excerpt(words)}`));
      if (frame.instead !== null) this.#deliver(frame.instead);
    }
  }

  #deliver(message: JSONRPCMessage): void {
    this.#stats.framesReceived += 1;
    this.#notify(() => this.onmessage?.(message));
  }

  /** One pipe is gone. If the process is dying, its exit follows and is the better reason. */
  #pipeBroke(pipe: 'stdin' | 'stdout'): void {
    if (this.#isOver || this.#closing !== null || this.#graceTimer !== null) return;
    this.#input?.refuse(pipeBroken(pipe, this.#lastWords()));
    this.#graceTimer = this.#clock.setTimeout(
      () => this.#lose(pipeBroken(pipe, this.#lastWords())),
      EXIT_GRACE,
    );
  }

  async #exited(exit: ProcessExit): Promise<void> {
    this.#cancelGrace();
    if (this.#closing === null) this.#input?.end(processExited(exit, this.#lastWords()));
    await outputSettled(() => this.#stats.bytesReceived + this.#stats.stderrBytes);
    this.#lines.flush();
    this.#lose(processExited(exit, this.#lastWords()));
  }

  #lastWords(): LastWords {
    // Garbage on stdout is the explanation of a server that never spoke MCP, and of no other.
    return {
      stderr: this.#stderr.read(),
      garbage: this.#stats.framesReceived === 0 ? this.#firstGarbage : null,
    };
  }

  /** The session is over, but not by our own will. */
  #lose(error: ConnectionError): void {
    if (this.#isOver || this.#closing !== null) return;
    this.#input?.end(error);
    this.#notify(() => this.onlost?.(error));
    this.#conclude();
    void this.#releaseAll();
  }

  async #close(): Promise<void> {
    this.#cancelGrace();
    if (!this.#isOver) this.#input?.end(closed());
    await this.#releaseAll();
    this.#conclude();
  }

  /** Ends the process and gives its descriptors back. */
  #releaseAll(): Promise<void> {
    this.#release ??= this.#releaseProcess();
    return this.#release;
  }

  async #releaseProcess(): Promise<void> {
    const child = this.#child;
    if (child === null) return;
    await this.#process?.end();
    await this.#exitHandled;
    // Somebody outside of the group may hold the other ends.
    child.stdout.destroy();
    child.stderr.destroy();
    await Promise.all([child.stdin, child.stdout, child.stderr].map(streamClosed));
  }

  #conclude(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#cancelGrace();
    this.#notify(() => this.onclose?.());
  }

  #cancelGrace(): void {
    if (this.#graceTimer !== null) this.#clock.clearTimeout(this.#graceTimer);
    this.#graceTimer = null;
  }

  /** Runs a listener; one that throws disturbs nobody else. */
  #notify(listener: () => void): void {
    try {
      listener();
    } catch (error) {
      this.#report(error);
    }
  }

  #report(error: unknown): void {
    try {
      this.onerror?.(error instanceof Error ? error : new Error(String(error)));
    } catch {
      // Nobody is left to tell.
    }
  }
}
