/** What the daemon's chart is about. Everything in its context is plain data. Durations are milliseconds. */

/** Stands for a live daemon, which the actors find by it. Has nothing of its own. */
export interface DaemonHandle {
  readonly daemonHandle?: never;
}

export interface DaemonLimits {
  /** From the beginning to the published socket. Default 10 s. */
  start: number;
  /** So long without a client before it leaves; before the first one at least as long as `start`. Default 10 min. */
  idle: number | 'unlimited';
  /** Between two looks at whether the socket is still ours, and the configuration the same. Default 5 s. */
  watch: number;
  /** So long such a look may take. Default 5 s. */
  look: number;
  /** So long calls in flight may go on while it leaves. Default 30 s. */
  drain: number;
  /** So long servers may take to end. Default 60 s. */
  stop: number;
}

export interface DaemonInput {
  handle: DaemonHandle;
  limits: DaemonLimits;
}

/** Why it leaves. */
export type DaemonReason =
  /** Somebody asked for it: a command, or a signal. */
  | 'asked'
  /** Nobody came for so long. */
  | 'idle'
  /** Its socket is not there any more, or another's. */
  | 'superseded'
  /** The configuration is another one than it was started with. */
  | 'configChanged'
  /** Another daemon serves already. */
  | 'taken'
  /** It could not start. */
  | 'unstarted';

export interface DaemonContext extends DaemonInput {
  /** Clients that are connected. */
  clients: number;
  reason: DaemonReason | null;
  /** What went wrong; null while nothing did. */
  error: string | null;
}

export type DaemonEvent =
  /** Leave: finish the calls in flight, and end. */
  | { type: 'daemon.drain' }
  /** Leave at once. */
  | { type: 'daemon.stop' }
  | { type: 'client.came' }
  | { type: 'client.left' };

/** Whether the place of the daemon was free. */
export interface ClaimOutput {
  isOwner: boolean;
}

/** What a look found. */
export interface LookOutput {
  found: 'well' | 'superseded' | 'configChanged';
}

export interface DaemonOutput {
  reason: DaemonReason;
  error: string | null;
}
