/**
 * What leaves for the page, field by field: what is not here is never sent. Plain JSON; times in epoch milliseconds
 * by the clock of the process that has the connections, durations in milliseconds.
 */
import type { ConnectionPhase, ConnectionStatus } from '../connection/state.js';

export type HealthName = 'healthy' | 'degraded' | 'unhealthy';

/** Why something is not as it should be. The message is one line without secrets. */
export interface Fault {
  readonly code: string;
  readonly message: string;
}

/** One connection in the list. */
export interface ConnectionRow {
  readonly name: string;
  readonly status: ConnectionStatus;
  /** Of an attempt under way. */
  readonly phase: ConnectionPhase | null;
  readonly health: HealthName | null;
  /** When it entered this status; null where nobody was there to see it. */
  readonly since: number | null;
  /** Round trip of the last probe. */
  readonly latency: number | null;
  /** Retries since it was last stable or asked for. */
  readonly retries: number;
  /** When the backoff ends; null unless it waits for that. */
  readonly retryAt: number | null;
  /** Why it is not connected, though it may be wanted. */
  readonly error: Fault | null;
  /** False of one that nobody has used yet: there is nothing to act on. */
  readonly isBegun: boolean;
}

/** A transition of the chart that was taken. */
export interface TransitionTaken {
  /** Rises, and no two of a connection have the same, however often it is begun anew. */
  readonly id: number;
  readonly at: number;
  /** `session.lost`, `after connectTimeout`, `done release`. */
  readonly event: string;
  /** Path of the state that has it. */
  readonly source: string;
  /** Paths of the states it leads to; none where it stays. */
  readonly targets: readonly string[];
}

/** A change of state or of health. */
export interface TimelineEntry {
  readonly id: number;
  readonly at: number;
  readonly kind: 'state' | 'health';
  /** What it is from here on: a status, or a health; null where nothing is known of the health any more. */
  readonly value: ConnectionStatus | HealthName | null;
  /** `connecting (handshakeStart)`, `degraded: no answer within 5000 ms`. */
  readonly text: string;
  /** The event behind it; empty for health. */
  readonly cause: string;
}

/** A call that has settled. Never its arguments, and never its result. */
export interface CallEntry {
  readonly id: number;
  readonly at: number;
  readonly method: string;
  /** Of the tool or the prompt that was asked for; null where there is none. */
  readonly name: string | null;
  readonly outcome: 'succeeded' | 'failed' | 'cancelled';
  /** What was wrong, in one word, such as `CALL_TIMEOUT`, or `tool_error` of a call that succeeded; null where nothing was. */
  readonly error: string | null;
  readonly duration: number;
  /** Times it was handed to a session. */
  readonly sessions: number;
}

export interface Statistics {
  readonly connects: number;
  readonly reconnections: number;
  readonly attempts: number;
  readonly probesPassed: number;
  readonly probesFailed: number;
  readonly meanLatency: number | null;
  readonly callsAccepted: number;
  readonly callsSucceeded: number;
  readonly callsFailed: number;
  readonly callsCancelled: number;
  readonly callsInFlight: number;
  readonly callsWaiting: number;
  /** Times it stopped being connected, by error code. */
  readonly disconnects: { readonly [code: string]: number };
  /** Milliseconds in each status. */
  readonly timeIn: { readonly [status in ConnectionStatus]: number };
}

/** All that is known of one connection. Lists are bounded, the oldest first. */
export interface ConnectionDetail {
  readonly name: string;
  /** Paths of the chart's states that are active now. */
  readonly states: readonly string[];
  /** Why the health is what it is; null where it is well. */
  readonly healthReason: string | null;
  /** As the server calls itself, once it has. */
  readonly server: { readonly name: string; readonly version: string } | null;
  readonly protocolVersion: string | null;
  readonly transitions: readonly TransitionTaken[];
  readonly timeline: readonly TimelineEntry[];
  readonly calls: readonly CallEntry[];
  readonly statistics: Statistics | null;
}

/** Whether what is shown is how it is. */
export interface SourceState {
  readonly isLive: boolean;
  /** What to tell whoever looks, such as that the daemon has left. */
  readonly note: string | null;
}

/** What has changed since the frame before. */
export interface InspectionFrame {
  readonly now: number;
  readonly source: SourceState;
  /** The rows are all there are; else those that have changed. */
  readonly isWhole: boolean;
  readonly rows: readonly ConnectionRow[];
  /** Names of connections that are there no more. */
  readonly gone: readonly string[];
  /** Of the one that is looked at, when it has changed. */
  readonly detail: ConnectionDetail | null;
}

/** What may be asked for; there is nothing else. */
export const ACTIONS = ['probe', 'reconnect', 'disconnect'] as const;
export type InspectionAction = (typeof ACTIONS)[number];

/** How it came out, in words. */
export interface ActionOutcome {
  readonly isDone: boolean;
  readonly text: string;
}

/** A line of the stream. */
export type StreamLine =
  /** The first: the number to name this stream by when another connection is to be looked at. */
  | { readonly type: 'hello'; readonly stream: string }
  | { readonly type: 'frame'; readonly frame: InspectionFrame }
  /** Nothing has happened, and the inspector lives. */
  | { readonly type: 'beat' }
  /** The last: the inspector was closed. */
  | { readonly type: 'bye' };
