/**
 * The vocabulary of the connection chart: what it is configured with, what it hears, what it knows.
 *
 * Everything here is plain JSON. Durations are milliseconds. `at` is a monotonic reading (only
 * differences mean something), `time` is epoch milliseconds (for people).
 */

/** The word for "no limit" wherever a limit may be left out. */
export type Unlimited = 'unlimited';

/** How the wait before a retry grows. Delays in milliseconds. */
export type BackoffStrategy =
  | { type: 'constant'; delay: number }
  | { type: 'linear'; delay: number; maxDelay?: number | undefined }
  | { type: 'exponential'; initial: number; multiplier: number; maxDelay: number };

/**
 * How random numbers spread the waits of many connections: `full` draws from (0, delay], `equal`
 * from (delay / 2, delay], `none` leaves the delay as it is.
 */
export type Jitter = 'full' | 'equal' | 'none';

export interface RetryPolicy {
  /** Attempts in all for a connection that was never up. Default 3. */
  initialAttempts: number | Unlimited;
  /** Retries after a loss of a connection that was up. Default `'unlimited'`. */
  maxAttempts: number | Unlimited;
  /** Default: exponential from 500 ms, ×2, to 30 s. */
  backoffStrategy: BackoffStrategy;
  /** Longest time from the loss until the last retry may start. Default `'unlimited'`. */
  timeout: number | Unlimited;
  /** Default `'full'`. */
  jitter: Jitter;
  /** A delay is never shorter than this, as long as the strategy's own cap allows. Default 100 ms. */
  minDelay: number;
  /** Time in connected, followed by a proof of life, that resets the attempts. Default 60 s. */
  stableAfter: number;
}

/**
 * When a server is asked whether it lives. One that falls silent is left at the latest
 * `max(interval, timeout) + failureThreshold × (timeout + confirmAfter)` after its last frame: with the
 * defaults 48 s. One that says other things while a probe waits is degraded where the answer comes late,
 * and is not left.
 */
export interface HealthCheckConfig {
  /** Longest time without anything received before a probe. Default 30 s. */
  interval: number;
  /** Limit of one probe. Default 5 s. */
  timeout: number;
  /** Failures in a row that end the session. Default 3. */
  failureThreshold: number;
  /** Wait before the confirming probe that follows a failure. Default 1 s. */
  confirmAfter: number;
}

export interface KeepAliveConfig {
  /** Longest time without anything sent before a ping is sent. */
  interval: number;
}

export interface TimeoutConfig {
  /** Whole attempt, from opening the transport to the first probe's answer. Default 60 s. */
  connect: number;
  /** Opening the transport. Default 10 s. */
  transport: number;
  /** From the handshake's answer until the server was told that we accept it. Default 10 s. */
  negotiation: number;
  /** Calls in flight may finish for so long when the user leaves. Default 30 s. */
  drain: number;
  /** Releasing a session completely, process exit included. Default 10 s. */
  release: number;
  /** One call, waiting and sending again included. Default 60 s. */
  call: number;
  /** One call that reports progress. Default 10 min. */
  callTotal: number;
}

/** The policies of a connection, every default filled in. */
export interface ResolvedConfig {
  retryPolicy: RetryPolicy;
  /** `false`: no probes at all. */
  healthCheck: HealthCheckConfig | false;
  timeout: TimeoutConfig;
  /** `false`: nothing is sent to keep the connection alive. */
  keepAlive: KeepAliveConfig | false;
}

/** Why a connection, an attempt or a call failed. Stable: match on it, never on a message. */
export type ConnectionErrorCode =
  | 'AUTHORIZATION_FAILED'
  | 'AUTHORIZATION_REQUIRED'
  | 'CAPABILITY_MISSING'
  | 'COMMAND_NOT_FOUND'
  | 'CONNECTION_CLOSED'
  | 'CONNECTION_REFUSED'
  | 'CONNECT_TIMEOUT'
  | 'CWD_NOT_FOUND'
  | 'FIRST_PROBE_FAILED'
  | 'FORBIDDEN'
  | 'FRAME_TOO_LARGE'
  | 'HANDSHAKE_REJECTED'
  | 'HTTP_ERROR'
  | 'HTTP_REJECTED'
  | 'INTERNAL_ERROR'
  | 'NEGOTIATION_TIMEOUT'
  | 'NETWORK_ERROR'
  | 'NOT_MCP'
  | 'PERMISSION_DENIED'
  | 'PIPE_BROKEN'
  | 'PROCESS_EXITED'
  | 'RELEASE_FAILED'
  | 'RESOURCES_EXHAUSTED'
  | 'SESSION_EXPIRED'
  | 'SPAWN_FAILED'
  | 'STREAM_LOST'
  | 'TRANSPORT_FAILED'
  | 'TRANSPORT_TIMEOUT'
  | 'UNHEALTHY'
  | 'UNSUPPORTED_PROTOCOL_VERSION';

/** A connection error as plain data: what context, snapshots and inspectors may hold. */
export interface ConnectionErrorRecord {
  code: ConnectionErrorCode;
  /** One sentence, free of secrets. */
  message: string;
  /** Facts for programs: `exitCode`, `signal`, `stderr`, `status`, `retryAfter` (ms), … JSON only. */
  details?: { [fact: string]: string | number | boolean | string[] | null } | undefined;
}

/** Name and version of the peer, as it gave them in the handshake. */
export interface ServerInfo {
  name: string;
  version: string;
  title?: string | undefined;
}

/** What the server answered to the handshake (`initialize`), before we accepted it. */
export interface HandshakeAnswer {
  protocolVersion: string;
  serverInfo: ServerInfo;
  /** Capability paths the server declared, such as `tools` and `resources.subscribe`. */
  capabilities: string[];
}

export interface ConnectedInfo {
  /** Epoch milliseconds. */
  connectedAt: number;
  serverInfo: ServerInfo;
  /** Capability paths the server declared, such as `tools` and `resources.subscribe`. */
  negotiatedFeatures: string[];
  protocolVersion: string;
}

export type HealthStatus =
  | { status: 'healthy' }
  | { status: 'degraded'; reason: string }
  | { status: 'unhealthy'; reason: string };

/** What a probe asks: `ping`, something else the server advertised, or the caller's own question. */
export type ProbeMethod = 'ping' | 'alternative' | 'custom';

/** `routine` probes are content with recent traffic; `now` ones ask the server. */
export type ProbeUrgency = 'routine' | 'now';

/**
 * The last thing that was wanted of the connection. Commands overwrite each other; `terminated` latches.
 */
export type ConnectionIntent = 'connected' | 'disconnected' | 'terminated';

/**
 * Stands for everything alive that belongs to one connection (factory, sessions, clock). It is an
 * empty object; `src/session/` keeps the real things in a WeakMap behind it, so that context stays
 * plain data.
 */
export interface ConnectionHandle {
  readonly kind?: 'connection';
}

export interface ConnectionInput {
  name: string;
  handle: ConnectionHandle;
  config: ResolvedConfig;
  /** Protocol revisions the session's SDK speaks; an answer outside them is refused. */
  supportedVersions: string[];
  /** Capability paths without which the connection is of no use. */
  requiredCapabilities: string[];
  /** First question of a probe. `custom` never falls back. */
  probe: 'ping' | 'custom';
}

export interface ConnectionContext {
  readonly name: string;
  readonly handle: ConnectionHandle;
  readonly config: ResolvedConfig;
  readonly supportedVersions: string[];
  readonly requiredCapabilities: string[];
  readonly probe: 'ping' | 'custom';
  /** What was wanted last. */
  intent: ConnectionIntent;
  /** Sessions opened so far. */
  epoch: number;
  /** Retries since the connection was last stable or asked for. */
  attempts: number;
  /** Whether it was connected since it was last asked for. */
  wasUp: boolean;
  /** Whether the session under way became stable, or the one whose loss is being answered was. */
  wasStable: boolean;
  /** Monotonic reading of the loss that the retries are answering; null while there is none. */
  lostAt: number | null;
  /** Monotonic reading at which the running session became connected. */
  connectedSince: number | null;
  /** Milliseconds of the wait under way or last taken in reconnecting. */
  backoffDelay: number;
  /** Why the last session ended or the last attempt failed; null when none did, or when it was asked for. */
  error: ConnectionErrorRecord | null;
  /** Why `failed` is failed. */
  failure: 'fatal' | 'exhausted' | 'unreleased' | null;
  /** The server's answer to the handshake of this session. */
  answer: HandshakeAnswer | null;
  /** Epoch milliseconds of entering connected. */
  connectedAt: number | null;
  /** Something came in since the running probe asked. */
  isHeard: boolean;
  /** Probe failures in a row. */
  probeFailures: number;
  /** The last probe's reason, for `degraded` and `unhealthy`; null when the last one passed. */
  probeFailure: string | null;
  /** What the next probe asks. */
  probeMethod: ProbeMethod;
  /** Whether the next probe is content with recent traffic. */
  probeUrgency: ProbeUrgency;
  /** This server answers other requests, but not ping. */
  isPingless: boolean;
  /** Milliseconds until the next probe. */
  probeDelay: number;
}

/** What a user of the connection may ask of it. */
export type ConnectionCommand =
  | { type: 'connection.connect' }
  | { type: 'connection.disconnect' }
  | { type: 'connection.terminate' }
  | { type: 'connection.reconnect' }
  | { type: 'connection.checkHealth' }
  | { type: 'connection.authorize' };

/** The machine was asleep. `random` in [0, 1) spreads the connections that hear it together. */
export interface SystemWoke {
  type: 'system.woke';
  random: number;
}

/** What the session reports of itself. */
export type SessionFact =
  | { type: 'transport.opened' }
  | { type: 'handshake.answered'; answer: HandshakeAnswer }
  | { type: 'handshake.completed'; at: number; time: number }
  | { type: 'session.lost'; error: ConnectionErrorRecord }
  /** A frame came in while a probe waits for its answer. */
  | { type: 'session.heard'; at: number; time: number }
  | { type: 'session.drained' };

/** What the chart tells itself, from the probe's region to the others. */
export type ProbeFact =
  | { type: 'probe.passed'; evidenceAt: number }
  | { type: 'probe.late' }
  | { type: 'probe.failed' };

export type ConnectionEvent = ConnectionCommand | SystemWoke | SessionFact | ProbeFact;

/** What the chart tells the session: go on with the handshake; let calls finish and say goodbye. */
export type SessionCommand = { type: 'session.accept' } | { type: 'session.drain' };

/** What listeners of the actor (`actor.on`) hear. */
export type ConnectionEmitted =
  | { type: 'probe.answered'; evidence: 'reply' | 'traffic'; latency: number | null }
  /** `isAlive`: other frames came in meanwhile, so it is late and no failure. */
  | { type: 'probe.unanswered'; reason: string; isAlive: boolean };

export interface SessionInput {
  handle: ConnectionHandle;
  epoch: number;
}

export interface ProbeInput {
  handle: ConnectionHandle;
  method: ProbeMethod;
  urgency: ProbeUrgency;
  /** Longest silence of the server in milliseconds; null when health is not checked. */
  interval: number | null;
  /** Longest silence of ours in milliseconds; null when nothing is kept alive. */
  keepAliveInterval: number | null;
}

/** A proof of life. A probe that found none rejects. */
export interface ProbeOutput {
  at: number;
  time: number;
  evidence: 'reply' | 'traffic';
  /** Monotonic reading of the evidence. */
  evidenceAt: number;
  /** Round trip in milliseconds; null when traffic was evidence enough. */
  latency: number | null;
  /** Milliseconds until the next probe is due. */
  nextDelay: number;
}

export interface ReleaseOutput {
  /** When the release began: for a session in use, the moment of the loss. */
  startedAt: number;
  at: number;
  /** In [0, 1). */
  random: number;
}
