import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import type { RequestOptions } from '@modelcontextprotocol/sdk/shared/protocol.js';
import type { LifelineErrorCode } from '../errors.js';
import type { SessionPort } from '../session/port.js';

export interface CallOptions {
  /** Cancels this call and no other. The call rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
  /** Milliseconds for waiting, sending and sending again together. Default `timeout.call`. */
  timeout?: number | undefined;
  /** Milliseconds that no progress extends. Default `timeout.callTotal`. */
  maxTotalTimeout?: number | undefined;
  /** Progress restarts `timeout`. Default false. */
  resetTimeoutOnProgress?: boolean | undefined;
  onprogress?: RequestOptions['onprogress'] | undefined;
  /** The call may be executed twice: it is sent once more when its session is lost with it. Default false. */
  idempotent?: boolean | undefined;
  /** Believe the server's `readOnlyHint` and `idempotentHint` on tools. Default false. */
  trustAnnotations?: boolean | undefined;
}

/** One accepted call, as the listeners of `call` are told when it has settled. */
export interface CallRecord {
  method: string;
  /** The tool or the prompt that it is about. */
  name?: string | undefined;
  outcome: 'succeeded' | 'failed' | 'cancelled';
  /**
   * What was wrong, in one word: the code of our error (`CALL_TIMEOUT`) or of the server's (`-32602`), else the
   * error's name; `cancelled`; `tool_error` where a tool answered that it failed, which is a call that succeeded.
   */
  error?: string | undefined;
  /** Milliseconds. */
  duration: number;
  /** Times it was handed to a session. */
  sessions: number;
}

/** Whether calls go through now, wait, or are refused. */
export type Admission =
  | { admit: 'send'; session: SessionPort }
  | { admit: 'wait' }
  | { admit: 'refuse'; code: LifelineErrorCode; reason: string; cause?: Error | undefined };

/** Sends one call with the client of a session. Called once per time that the call is sent. */
export type Send<Result> = (client: Client, options: RequestOptions) => Promise<Result>;

export interface CallRules {
  /** It may be sent again after it was written. */
  isSafe: boolean;
  /** It is the embedder's code, which may send any number of requests, or none, and take its time. */
  isOpenEnded?: boolean;
  /** The tool or the prompt that it is about. */
  name?: string;
}
