export type {
  BackoffStrategy,
  ConnectedInfo,
  ConnectionErrorCode,
  ConnectionErrorRecord,
  HealthCheckConfig,
  HealthStatus,
  Jitter,
  KeepAliveConfig,
  RetryPolicy,
  ServerInfo,
  TimeoutConfig,
  Unlimited,
} from '../machines/index.js';
export { calculateBackoff, DEFAULT_CONFIG } from '../machines/index.js';
export type { Clock } from './clock.js';
export { ConfigFileError, type ConfigProblem } from './config/configFileError.js';
export { ConnectionManager, type ServerNotification } from './connection/ConnectionManager.js';
export type { CallOptions, CallRecord } from './connection/call.types.js';
export { type ConnectionHooks, connectionInput } from './connection/connectionInput.js';
export type { Endpoint } from './connection/endpoint.js';
export { connectionLogic } from './connection/logic.js';
export type { ConnectionMonitor, StateChange } from './connection/monitor.js';
export type { ConnectionConfig, ConnectionOptions, Logger } from './connection/options.js';
export type { ConnectionPhase, ConnectionState, ConnectionStatus } from './connection/state.js';
export type { CallStats, ConnectionStats } from './connection/stats.js';
export {
  CallError,
  CallRefusedError,
  CallTimeoutError,
  ConfigError,
  ConnectionError,
  ConnectionLostError,
  isLifelineError,
  LifelineError,
  type LifelineErrorCode,
  PoolError,
  WaitError,
} from './errors.js';
export { ConnectionPool, createConnectionPool } from './pool/ConnectionPool.js';
export type { PoolOptions, PoolServer, ServerOptions } from './pool/options.js';
export type { GetOptions, Pool, PoolEvents } from './pool/pool.types.js';
export type { GetStats, PoolEntryStats, PoolStats } from './pool/stats.js';

export type { CallTrace, SessionFactory, SessionObserver, SessionPort, Traffic } from './session/port.js';
export type { CustomProbe } from './session/question.js';
export type { StartGate } from './session/resources.js';
export type { HttpServer, ServerDefinition, StdioServer } from './transports/createTransport.js';
export type { LifelineTransport } from './transports/transport.types.js';
