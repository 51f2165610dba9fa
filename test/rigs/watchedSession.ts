import type { HandshakeAnswer, ProbeMethod } from '../../machines/index.js';
import type { ConnectionError } from '../../src/errors.js';
import type { SessionObserver } from '../../src/session/port.js';
import { ANSWER, type ScriptedProbe, ScriptedSession } from '../../src/testing/scriptedSession.js';

/** What a session told of itself, in order. */
export type Report = 'opened' | 'answered' | 'completed' | 'lost';

/** A probe and what became of it. */
export interface WatchedProbe extends ScriptedProbe {
  readonly isPending: boolean;
  /** The server answered it, and in time. */
  readonly isAnswered: boolean;
  /** Something else came in while it was pending. */
  readonly isHeard: boolean;
}

/** A scripted session that keeps the books on itself. */
export class WatchedSession extends ScriptedSession {
  opens = 0;
  closes = 0;
  readonly reports: Report[] = [];
  readonly watchedProbes: WatchedProbe[] = [];
  /** The answers to the handshake. */
  readonly answers: HandshakeAnswer[] = [];
  /** Why it was lost last. */
  loss: ConnectionError | null = null;
  readonly #hearing: (() => void)[] = [];
  readonly #restorings: { resolve(): void; reject(error: Error): void }[] = [];
  readonly #exchanges: { resolve(): void; reject(error: Error): void }[] = [];

  /** Opened, and not ended completely. */
  get isLive(): boolean {
    return this.opens > 0 && !(this.closes > 0 && this.isClosed);
  }

  override opened(): void {
    this.reports.push('opened');
    super.opened();
  }

  override answered(answer: Partial<HandshakeAnswer> = {}): void {
    this.reports.push('answered');
    this.answers.push({ ...ANSWER, ...answer });
    super.answered(answer);
  }

  override completed(): void {
    this.reports.push('completed');
    super.completed();
  }

  get isRestoring(): boolean {
    return this.#restorings.length > 0;
  }

  override restore(): Promise<void> {
    return new Promise((resolve, reject) => this.#restorings.push({ resolve, reject }));
  }

  override restored(): void {
    this.#restorings.shift()?.resolve();
  }

  override failRestoring(error: Error): void {
    this.#restorings.shift()?.reject(error);
  }

  override heard(): void {
    for (const hear of this.#hearing) hear();
    super.heard();
  }

  override lost(error: ConnectionError): void {
    this.reports.push('lost');
    this.loss = error;
    super.lost(error);
  }

  /** Each exchange of a code ends by itself: what became of an earlier one says nothing of it. */
  override finishAuth(authorizationCode: string): Promise<void> {
    this.codes.push(authorizationCode);
    return new Promise((resolve, reject) => this.#exchanges.push({ resolve, reject }));
  }

  override authorized(): void {
    this.#exchanges.shift()?.resolve();
  }

  override authorizationRefused(error: Error): void {
    this.#exchanges.shift()?.reject(error);
  }

  /** Where nobody closes, nothing fails: the rejection would be nobody's. */
  override failClosing(error: Error): void {
    if (this.closes > 0) super.failClosing(error);
  }

  override open(observer: SessionObserver): void {
    this.opens += 1;
    super.open(observer);
  }

  override close(): Promise<void> {
    this.closes += 1;
    return super.close();
  }

  override ask(method: ProbeMethod, signal: AbortSignal): Promise<void> {
    const asked = super.ask(method, signal);
    const probe = this.probes.at(-1);
    if (probe === undefined) return asked;
    let ended: 'answered' | 'failed' | null = null;
    let isHeard = false;
    this.#hearing.push(() => {
      if (ended === null && !signal.aborted) isHeard = true;
    });
    const end = (how: 'answered' | 'failed') => {
      // What comes after the probe was given up, or twice, is not its end.
      if (!signal.aborted) ended ??= how;
    };
    this.watchedProbes.push({
      method,
      signal,
      get isPending() {
        return ended === null && !signal.aborted;
      },
      get isAnswered() {
        return ended === 'answered';
      },
      get isHeard() {
        return isHeard;
      },
      answer: () => {
        end('answered');
        probe.answer();
      },
      fail: (error) => {
        end('failed');
        probe.fail(error);
      },
    });
    return asked;
  }
}
