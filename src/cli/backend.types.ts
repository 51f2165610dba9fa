import type { DaemonMethod, DaemonRequests } from '../daemon/protocol.types.js';

export interface AskOptions {
  /** What the other half says of how far it is. */
  onprogress?(value: unknown): void;
}

/** Whoever carries out what a command asks: the daemon, or this process itself. */
export interface Backend {
  /** @throws as the daemon answers: `codeOf` tells the code */
  request<Method extends DaemonMethod>(
    method: Method,
    params?: DaemonRequests[Method]['params'],
    options?: AskOptions,
  ): Promise<DaemonRequests[Method]['result']>;
  close(): Promise<void>;
}
