import { LifelineError, type LifelineErrorCode } from '../../errors.js';
import { PeerGoneError, RequestFailedError } from '../../ipc/errors.js';
import { factsOf } from './facts.js';
import { RequestLateError } from './RequestLateError.js';

/** What may be known of a request that failed. */
export interface DaemonRequestFacts {
  /** The server that was to be asked; null where it is about none. */
  server: string | null;
  /** Of its connection, when the request ended; null where that is not known. */
  state: string | null;
  /** Whether the server can have acted on the request all the same. */
  mayHaveExecuted: boolean;
  /** The code of the server's own JSON-RPC error, and what it added. */
  rpcCode: number | null;
  data: unknown;
}

/**
 * A request that the daemon did not carry out as asked. `code` is the daemon's: that of a connection or a call in it,
 * `SERVER_ERROR` for what the server itself answered, `PEER_GONE` when the daemon was lost meanwhile, `REQUEST_TIMEOUT`.
 */
export class DaemonRequestError extends LifelineError implements DaemonRequestFacts {
  readonly server: string | null;
  readonly state: string | null;
  readonly mayHaveExecuted: boolean;
  readonly rpcCode: number | null;
  readonly data: unknown;

  constructor(code: LifelineErrorCode, message: string, facts: DaemonRequestFacts & ErrorOptions) {
    super(code, message, 'cause' in facts ? { cause: facts.cause } : undefined);
    this.server = facts.server;
    this.state = facts.state;
    this.mayHaveExecuted = facts.mayHaveExecuted;
    this.rpcCode = facts.rpcCode;
    this.data = facts.data;
  }
}

/** The same failure as whoever embeds the client is told of it. What is no answer, and no loss, stays as it is. */
export function requestErrorOf(error: unknown, server: string | null): unknown {
  if (error instanceof PeerGoneError || error instanceof RequestLateError) {
    const { code, message, wasSent: mayHaveExecuted } = error;
    const facts = { server, state: null, mayHaveExecuted, rpcCode: null, data: undefined, cause: error };
    return new DaemonRequestError(code, message, facts);
  }
  if (!(error instanceof RequestFailedError)) return error;
  const { code, state, mayHaveExecuted, rpcCode, data } = factsOf(error);
  return new DaemonRequestError(isCode(code) ? code : 'INTERNAL_ERROR', error.message, {
    server,
    state: typeof state === 'string' ? state : null,
    mayHaveExecuted: mayHaveExecuted === true || code === 'SERVER_ERROR',
    rpcCode: typeof rpcCode === 'number' ? rpcCode : null,
    data,
    cause: error,
  });
}

/** Both halves are of one version, so what one says the other knows. */
function isCode(code: unknown): code is LifelineErrorCode {
  return typeof code === 'string';
}
