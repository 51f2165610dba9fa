import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { expectTypeOf } from 'vitest';
import {
  type ConnectedInfo,
  ConnectionError,
  type ConnectionErrorCode,
  type ConnectionErrorRecord,
  ConnectionManager,
  type ConnectionOptions,
  type ConnectionState,
  type HealthStatus,
  isLifelineError,
  type LifelineError,
} from '../../src/index.js';

// A server is one thing: a command, an address, or a maker of transports.
const command = { name: 'files', server: { command: 'node', args: ['server.js'] } } as const;
expectTypeOf(command).toExtend<ConnectionOptions>();
expectTypeOf<{ name: string; server: { url: URL; type: 'sse' } }>().toExtend<ConnectionOptions>();
expectTypeOf<{ name: string; server: { args: string[] } }>().not.toExtend<ConnectionOptions>();
expectTypeOf<{ server: { command: string } }>().not.toExtend<ConnectionOptions>();

// What may be turned off is turned off with `false`; no number means "off" or "for ever".
expectTypeOf<false>().toExtend<ConnectionOptions['retryPolicy']>();
expectTypeOf<false>().toExtend<ConnectionOptions['healthCheck']>();
expectTypeOf<false>().toExtend<ConnectionOptions['keepAlive']>();
expectTypeOf<true>().not.toExtend<ConnectionOptions['keepAlive']>();

// The status tells which facts there are.
const manager = new ConnectionManager(command);
const { state } = manager;
expectTypeOf(state).toEqualTypeOf<ConnectionState>();
if (state.status === 'connected') expectTypeOf(state.info).toEqualTypeOf<ConnectedInfo>();
if (state.status === 'failed') expectTypeOf(state.error).toEqualTypeOf<ConnectionErrorRecord>();
if (state.status === 'reconnecting') expectTypeOf(state.retryCount).toEqualTypeOf<number>();
expectTypeOf<Extract<ConnectionState, { status: 'disconnected' }>>().not.toHaveProperty('error');

// There is a client only while there is a session, and a health only while something is known.
expectTypeOf(manager.client).toEqualTypeOf<Client | null>();
expectTypeOf(manager.health).toEqualTypeOf<HealthStatus | null>();

expectTypeOf(manager.connect).returns.resolves.toEqualTypeOf<ConnectedInfo>();
expectTypeOf(manager.checkHealth).returns.resolves.toEqualTypeOf<HealthStatus>();
expectTypeOf(manager.run(async (client) => (await client.listTools()).tools.length)).resolves.toBeNumber();
expectTypeOf(manager).toExtend<AsyncDisposable>();

// Errors are told apart by code.
const error: unknown = new ConnectionError('NOT_MCP', 'no MCP');
if (isLifelineError(error)) expectTypeOf(error).toEqualTypeOf<LifelineError>();
if (error instanceof ConnectionError) expectTypeOf(error.code).toEqualTypeOf<ConnectionErrorCode>();
