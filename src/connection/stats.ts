import type { ConnectionEmitted, ConnectionErrorRecord } from '../../machines/index.js';
import type { ConnectionState, ConnectionStatus } from './state.js';

/** What a connection has been through, as plain data. Times in milliseconds. */
export interface ConnectionStats {
  /** Times it became connected. */
  connects: number;
  /** Of these, those that were not the first since it was asked for. */
  reconnections: number;
  /** Sessions opened, whatever became of them. */
  attempts: number;
  /** Times it stopped being connected, by error code; `requested` where the user asked. */
  disconnects: { [cause: string]: number };
  probes: {
    passed: number;
    /** Those among them that a server which lives did not answer in time. */
    failed: number;
    /** Round trip of the last answered probe; null before the first. */
    lastLatency: number | null;
    /** Mean round trip of answered probes; null before the first. */
    meanLatency: number | null;
  };
  calls: CallStats;
  /** Answers that no request in flight waited for: they came twice, too late, or to an id of nobody's. */
  strayAnswers: number;
  /** Time spent in each state so far, the present one included. */
  timeIn: { [status in ConnectionStatus]: number };
  /** The last error of the connection; null while there was none. */
  lastError: ConnectionErrorRecord | null;
}

export interface CallStats {
  /** Calls that were accepted. accepted = succeeded + failed + cancelled + inFlight + waiting. */
  accepted: number;
  /** Times a call was handed to a session, sending again included. */
  sent: number;
  succeeded: number;
  failed: number;
  /** Aborted by the caller. */
  cancelled: number;
  /** With a session now. */
  inFlight: number;
  /** Waiting for a session now. */
  waiting: number;
}

/** Counts what happens to a connection. Reads the chart's changes; decides nothing. */
export class StatsRecorder {
  readonly calls: CallStats = {
    accepted: 0,
    sent: 0,
    succeeded: 0,
    failed: 0,
    cancelled: 0,
    inFlight: 0,
    waiting: 0,
  };
  lastError: ConnectionErrorRecord | null = null;
  strayAnswers = 0;
  #connects = 0;
  #reconnections = 0;
  readonly #disconnects = new Map<string, number>();
  #probesPassed = 0;
  #probesFailed = 0;
  #repliesTimed = 0;
  #latencySum = 0;
  #lastLatency: number | null = null;
  readonly #timeIn = new Map<ConnectionStatus, number>();
  #status: ConnectionStatus = 'disconnected';
  #since: number;

  /** @param now monotonic milliseconds */
  constructor(now: number) {
    this.#since = now;
  }

  changed(
    from: ConnectionState,
    to: ConnectionState,
    wasUp: boolean,
    error: ConnectionErrorRecord | null,
    now: number,
  ): void {
    if (from.status === to.status) return;
    this.#timeIn.set(from.status, (this.#timeIn.get(from.status) ?? 0) + now - this.#since);
    this.#status = to.status;
    this.#since = now;
    if (to.status === 'connected') {
      this.#connects += 1;
      if (wasUp) this.#reconnections += 1;
    }
    if (from.status === 'connected') {
      const cause = error?.code ?? 'requested';
      this.#disconnects.set(cause, (this.#disconnects.get(cause) ?? 0) + 1);
    }
  }

  probed(event: ConnectionEmitted): void {
    if (event.type === 'probe.unanswered') {
      this.#probesFailed += 1;
      return;
    }
    this.#probesPassed += 1;
    if (event.latency === null) return;
    this.#repliesTimed += 1;
    this.#latencySum += event.latency;
    this.#lastLatency = event.latency;
  }

  /** @param attempts sessions opened so far, as the chart counts them */
  read(attempts: number, now: number): ConnectionStats {
    const timeIn = (status: ConnectionStatus) =>
      (this.#timeIn.get(status) ?? 0) + (status === this.#status ? now - this.#since : 0);
    return {
      connects: this.#connects,
      reconnections: this.#reconnections,
      attempts,
      disconnects: Object.fromEntries(this.#disconnects),
      probes: {
        passed: this.#probesPassed,
        failed: this.#probesFailed,
        lastLatency: this.#lastLatency,
        meanLatency: this.#repliesTimed === 0 ? null : this.#latencySum / this.#repliesTimed,
      },
      calls: { ...this.calls },
      strayAnswers: this.strayAnswers,
      timeIn: {
        disconnected: timeIn('disconnected'),
        connecting: timeIn('connecting'),
        connected: timeIn('connected'),
        reconnecting: timeIn('reconnecting'),
        failed: timeIn('failed'),
        authorizing: timeIn('authorizing'),
        closing: timeIn('closing'),
        terminated: timeIn('terminated'),
      },
      lastError: this.lastError,
    };
  }
}
