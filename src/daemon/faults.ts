import { McpError } from '@modelcontextprotocol/sdk/types.js';
import { CallError, isLifelineError, messageOf } from '../errors.js';
import { RequestFailedError } from '../ipc/errors.js';
import { FAULTS } from '../ipc/messages.js';
import type { DaemonFaultData } from './protocol.types.js';

/** What a command is told of a request about this server that failed. */
export function faultOf(error: unknown, server: string): RequestFailedError {
  if (error instanceof RequestFailedError) return error;
  const data: DaemonFaultData = { code: 'SERVER_ERROR', server };
  if (error instanceof McpError) {
    Object.assign(data, { rpcCode: error.code, ...(error.data !== undefined && { data: error.data }) });
  } else if (error instanceof CallError) {
    Object.assign(data, { code: error.code, state: error.state, mayHaveExecuted: error.mayHaveExecuted });
  } else {
    data.code = isLifelineError(error) ? error.code : 'INTERNAL_ERROR';
  }
  // Why the session was lost is what people look for.
  const cause = error instanceof CallError && isLifelineError(error.cause) ? error.cause.message : '';
  const message = [messageOf(error), cause.replace(`${server}: `, '')]
    .filter((part) => part !== '')
    .join(': ');
  return new RequestFailedError(FAULTS.lifelineError, message, data);
}
