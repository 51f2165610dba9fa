import type { HandshakeAnswer, ProbeMethod } from '../../machines/index.js';
import type { ConnectionError } from '../errors.js';
import type { SessionObserver } from '../session/port.js';
import { type ScriptedProbe, ScriptedSession } from './scriptedSession.js';

/** What a session told of itself, in order. */
export type Report = 'opened' | 'answered' | 'completed' | 'lost';

/** A probe and what became of it. */
export interface WatchedProbe extends ScriptedProbe {
  readonly isPending: boolean;
}

/** A scripted session that keeps the books on itself. */
export class WatchedSession extends ScriptedSession {
  opens = 0;
  closes = 0;
  readonly reports: Report[] = [];
  readonly watchedProbes: WatchedProbe[] = [];
  /** The last answer to the handshake. */
  answer: Partial<HandshakeAnswer> | null = null;

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
    this.answer = answer;
    super.answered(answer);
  }

  override completed(): void {
    this.reports.push('completed');
    super.completed();
  }

  override lost(error: ConnectionError): void {
    this.reports.push('lost');
    super.lost(error);
  }

  override open(observer: SessionObserver): void {
    this.opens += 1;
    super.open(observer);
  }

  override close(): Promise<void> {
    this.closes += 1;
    return super.close();
  }

  override ask(method: ProbeMethod, signal: AbortSignal): Promise<'reply' | 'traffic'> {
    const asked = super.ask(method, signal);
    const probe = this.probes.at(-1);
    if (probe === undefined) return asked;
    let isAnswered = false;
    this.watchedProbes.push({
      method,
      signal,
      get isPending() {
        return !isAnswered && !signal.aborted;
      },
      answer: (evidence) => {
        isAnswered = true;
        probe.answer(evidence);
      },
      fail: (error) => {
        isAnswered = true;
        probe.fail(error);
      },
    });
    return asked;
  }
}
