/** JSON-RPC 2.0, as it goes both ways between a command and the daemon. No batches. */
export type Message = Request | Notification | Success | Failure;

export type RequestId = number | string;

export interface Request {
  readonly jsonrpc: '2.0';
  readonly id: RequestId;
  readonly method: string;
  readonly params?: unknown;
}

export interface Notification {
  readonly jsonrpc: '2.0';
  readonly method: string;
  readonly params?: unknown;
}

export interface Success {
  readonly jsonrpc: '2.0';
  readonly id: RequestId;
  readonly result: unknown;
}

export interface Failure {
  readonly jsonrpc: '2.0';
  /** Null when it is about something that had no id that could be read. */
  readonly id: RequestId | null;
  readonly error: Fault;
}

export interface Fault {
  readonly code: number;
  readonly message: string;
  readonly data?: unknown;
}

/** Codes of faults: those of JSON-RPC, and our own. */
export const FAULTS = {
  parseError: -32700,
  invalidRequest: -32600,
  methodNotFound: -32601,
  internalError: -32603,
  /** An error of this package; `data.code` is its code. */
  lifelineError: -32000,
  tooManyInFlight: -32001,
  answerTooLarge: -32002,
  refused: -32010,
  mismatch: -32011,
  tooManyClients: -32012,
  cancelled: -32800,
} as const;

/** What the protocol itself needs. Methods that begin so are never handed to handlers. */
export const RESERVED = 'rpc.';
export const HELLO = 'rpc.hello';
/** Notification `{ id }`: the answer to this request is not wanted any more. */
export const CANCEL = 'rpc.cancel';
/** Notification `{ id, value }`: how far this request is. */
export const PROGRESS = 'rpc.progress';
/** Notification: nothing new is taken any more. Whoever hears it ends the connection as soon as it has its answers. */
export const LEAVING = 'rpc.leaving';
