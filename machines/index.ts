export { connectionMachine } from './connection/connection.machine.js';
export type * from './connection/connection.types.js';
export { IGNORED_EVENTS, type IgnoredEvent } from './connection/ignored.js';
export {
  applyJitter,
  backoffCap,
  calculateBackoff,
  DEFAULT_CONFIG,
  DEFAULT_HEALTH_CHECK,
  type Disposition,
  ERROR_ROUTING,
  isExhausted,
  MAX_DURATION,
  retryDelay,
  WAKE_SPREAD,
} from './connection/policy.js';
export { daemonMachine } from './daemon/daemon.machine.js';
export type * from './daemon/daemon.types.js';
export { IGNORED_DAEMON_EVENTS } from './daemon/ignored.js';
export { poolEntryMachine } from './pool/entry.machine.js';
export { IGNORED_ENTRY_EVENTS, IGNORED_POOL_EVENTS } from './pool/ignored.js';
export { poolMachine } from './pool/pool.machine.js';
export type * from './pool/pool.types.js';
