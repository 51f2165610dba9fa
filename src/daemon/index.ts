/** What hosts use: the daemon of a user, from any program; and being it. */
export type { DaemonLimits, DaemonOutput, DaemonReason } from '../../machines/index.js';
export type { ConfigFileError } from '../config/configFileError.js';
export { IpcError, UnsafePlaceError } from '../ipc/errors.js';
export {
  createDaemonClient,
  DaemonClient,
  type DaemonClientOptions,
  type DaemonRequestOptions,
} from './client/DaemonClient.js';
export { DaemonRequestError, type DaemonRequestFacts } from './client/DaemonRequestError.js';
export type { DaemonNews, DaemonStatus, ServerSummary } from './protocol.types.js';
export { type ServeDaemonOptions, serveDaemon } from './serveDaemon.js';
