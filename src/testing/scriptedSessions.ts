import type { ProbeMethod } from '../../machines/index.js';
import type { SessionFactory, SessionObserver } from '../session/port.js';
import { ScriptedSession } from './scriptedSession.js';

/**
 * A scripted session over a server that does all it should, at once and by itself: it opens, answers the
 * handshake and every probe, and ends when it is asked to. The test only takes the steps that go wrong.
 */
export class ObligingSession extends ScriptedSession {
  override open(observer: SessionObserver): void {
    super.open(observer);
    // Nothing is reported within the call that opens: no real session does.
    queueMicrotask(() => {
      this.opened();
      this.answered();
    });
  }

  override accept(): void {
    const isFirst = !this.isAccepted;
    super.accept();
    if (isFirst) queueMicrotask(() => this.completed());
  }

  override ask(method: ProbeMethod, signal: AbortSignal): Promise<void> {
    const asked = super.ask(method, signal);
    const probe = this.probes.at(-1);
    queueMicrotask(() => probe?.answer());
    return asked;
  }

  override goodbye(): Promise<void> {
    const told = super.goodbye();
    this.drained();
    return told;
  }

  override close(): Promise<void> {
    const closed = super.close();
    this.finishClosing();
    return closed;
  }
}

/** The sessions of one connection: `create` is what it takes as `createSession`, and keeps what it makes. */
export class ScriptedSessions<Session extends ScriptedSession> {
  /** All that were made, oldest first. */
  readonly made: Session[] = [];
  /** For the option `createSession` of a manager or of `connectionInput`. */
  readonly create: SessionFactory;

  /** @param make makes the session of an attempt; `epoch` counts from 1 */
  constructor(make: (epoch: number) => Session) {
    this.create = (epoch) => {
      const session = make(epoch);
      this.made.push(session);
      return session;
    };
  }

  /**
   * The session made last.
   *
   * @throws Error when none was made yet
   */
  get newest(): Session {
    const session = this.made.at(-1);
    if (session === undefined)
      throw new Error('no session was made yet; was the connection asked to connect, and given time to?');
    return session;
  }
}

/** Sessions that do nothing until they are told to. */
export function scriptedSessions(): ScriptedSessions<ScriptedSession> {
  return new ScriptedSessions((epoch) => new ScriptedSession(epoch));
}

/** Sessions that come up, answer and end by themselves, until the test has something else in mind. */
export function obligingSessions(): ScriptedSessions<ObligingSession> {
  return new ScriptedSessions((epoch) => new ObligingSession(epoch));
}
