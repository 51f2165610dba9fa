import type { Clock } from '../../clock.js';

/** How long each step of ending a process may take (R7). Milliseconds. */
export interface LadderTimes {
  /** From the end of its input until SIGTERM. Default 2,000. */
  endInput: number;
  /** From SIGTERM until SIGKILL. Default 2,000. */
  terminate: number;
}

export interface StdioTransportOptions {
  /** A program: a path, or a name that is looked up in `PATH`. No shell reads it. */
  command: string;
  args?: readonly string[] | undefined;
  /**
   * Added to the few variables that are inherited (`HOME`, `PATH` and the like). Values of six
   * characters or more count as secrets.
   */
  env?: { readonly [name: string]: string } | undefined;
  /** Default: the working directory of this process. */
  cwd?: string | undefined;
  /** Longest frame the server may send, in bytes. Default 10 MiB. */
  frameLimit?: number | undefined;
  /** How much of the end of stderr errors show, in bytes. Default 8 KiB. */
  stderrLimit?: number | undefined;
  ladder?: Partial<LadderTimes> | undefined;
  /** Further texts that errors must not show. */
  secrets?: readonly string[] | undefined;
  /** Runs the ladder's timers. Default: the process's own. */
  clock?: Pick<Clock, 'setTimeout' | 'clearTimeout'> | undefined;
}

/** What passed over one transport. */
export interface StdioStats {
  framesSent: number;
  framesReceived: number;
  /** Bytes the server wrote on stdout. */
  bytesReceived: number;
  /** Bytes the server wrote on stderr. */
  stderrBytes: number;
  /** Lines on stdout that were no JSON-RPC message; each was reported by `onerror` (R10). */
  garbageLines: number;
  /** Empty lines on stdout, which mean nothing. */
  blankLines: number;
}
