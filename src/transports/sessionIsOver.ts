import type { ConnectionErrorCode } from '../../machines/index.js';

/**
 * Codes of failed sendings that say more than that one request failed: nothing goes over this session any
 * more. A transport that fails a request with one of them reports the session as lost.
 */
export const SESSION_IS_OVER: ReadonlySet<ConnectionErrorCode> = new Set([
  'AUTHORIZATION_FAILED',
  'AUTHORIZATION_REQUIRED',
  'CONNECTION_CLOSED',
  'CONNECTION_REFUSED',
  'FRAME_TOO_LARGE',
  'PIPE_BROKEN',
  'PROCESS_EXITED',
  'SESSION_EXPIRED',
]);
