import type { InspectionEvent } from 'xstate';
import { DEFAULT_CONFIG } from '../../machines/index.js';
import { checkOptions } from '../connection/checkOptions.js';
import { checkFields, isObject, kindOf } from '../connection/checks.js';
import { checkDuration, resolveConfig } from '../connection/config.js';
import type { ConnectionConfig, ConnectionOptions } from '../connection/options.js';
import { ConfigError } from '../errors.js';
import type { ServerDefinition } from '../transports/createTransport.js';

/** What belongs to the pool as a whole, and to no server of its own. */
type Shared = 'name' | 'clock' | 'random' | 'gate' | 'inspect' | 'logger';

/** One server, and what it has in place of the pool's. */
export type ServerOptions = Omit<ConnectionOptions, Shared>;

/** A server by itself, or with options of its own. */
export type PoolServer = ServerDefinition | ServerOptions;

/** What is no connection's is the pool's; the rest holds for all connections that have nothing of their own. */
export interface PoolOptions extends Omit<ServerOptions, 'server' | 'createSession'> {
  /** The servers by their names. */
  servers: { readonly [name: string]: PoolServer };
  /** Connections at a time. Default unlimited. */
  maxConnections?: number | 'unlimited' | undefined;
  /** Connections that start at a time. Default 4. */
  maxStarts?: number | undefined;
  /** Milliseconds after which a connection that nobody uses is ended, connected or not. Default unlimited. */
  idleTimeout?: number | 'unlimited' | undefined;
  /**
   * Milliseconds after the last proof of life during which a connection is handed out unasked. Default 500.
   * Where health is not checked, nothing is asked.
   */
  freshness?: number | 'unlimited' | undefined;
  /**
   * Milliseconds that `drain()` waits for calls in flight (30 s), and those that all connections get to end after it
   * (60 s). The second includes the `timeout.drain` that each connection grants calls that are still in flight then.
   */
  limits?: { drain?: number | undefined; close?: number | undefined } | undefined;
  /** What time it is, for the pool and all connections. Default the system's. */
  clock?: ConnectionOptions['clock'];
  /** Numbers in [0, 1) for the jitter of waits. Default `Math.random`. */
  random?: ConnectionOptions['random'];
  /** XState's inspection events of the pool, its entries and their connections. Default nobody looks. */
  inspect?: ((event: InspectionEvent) => void) | undefined;
  /** Is told what goes wrong beside the calls, such as listeners that throw. Default nobody is. */
  logger?: ConnectionOptions['logger'];
}

/** What is the pool's own, checked, with its defaults. */
export interface PoolSettings {
  maxConnections: number | 'unlimited';
  maxStarts: number;
  idleTimeout: number | 'unlimited';
  freshness: number | 'unlimited';
  limits: { drain: number; close: number };
}

const DEFAULT_SETTINGS: PoolSettings = {
  maxConnections: 'unlimited',
  maxStarts: 4,
  idleTimeout: 'unlimited',
  freshness: 500,
  limits: { drain: DEFAULT_CONFIG.timeout.drain, close: 60_000 },
};

/** What each server may have of its own. */
const SERVER_FIELDS: { [Field in keyof Required<ServerOptions>]: true } = {
  server: true,
  createSession: true,
  clientInfo: true,
  capabilities: true,
  requiredCapabilities: true,
  configureClient: true,
  authProvider: true,
  headers: true,
  fetch: true,
  secrets: true,
  historyLimit: true,
  retryPolicy: true,
  healthCheck: true,
  timeout: true,
  keepAlive: true,
};

const { server: _server, createSession: _createSession, ...SHARED_FIELDS } = SERVER_FIELDS;

const POOL_FIELDS: { [Field in keyof Required<PoolOptions>]: true } = {
  servers: true,
  maxConnections: true,
  maxStarts: true,
  idleTimeout: true,
  freshness: true,
  limits: true,
  clock: true,
  random: true,
  inspect: true,
  logger: true,
  ...SHARED_FIELDS,
};

/** @throws ConfigError naming what cannot work, of whichever server */
export function readPoolOptions(options: PoolOptions): {
  settings: PoolSettings;
  servers: Map<string, Omit<ConnectionOptions, 'gate'>>;
} {
  if (!isObject(options)) throw new ConfigError('options', kindOf(options), 'an object');
  checkFields('', options, POOL_FIELDS);
  const { servers, maxConnections, maxStarts, idleTimeout, freshness, limits, ...shared } = options;
  if (!isObject(servers)) throw new ConfigError('servers', kindOf(servers), 'an object of servers by name');
  // Said of what all have, and not of the first server that has it.
  checkOptions({ ...shared, name: 'all', server: { command: 'none' } });
  resolveConfig(shared);
  const settings = readSettings({ maxConnections, maxStarts, idleTimeout, freshness, limits });
  const all = Object.entries(servers).map(
    ([name, server]) => [name, readServer(name, server, shared)] as const,
  );
  return { settings, servers: new Map(all) };
}

function readSettings({ limits, ...given }: Omit<Partial<PoolOptions>, 'servers'>): PoolSettings {
  const settings = { ...DEFAULT_SETTINGS, ...defined(given) };
  if (settings.maxConnections !== 'unlimited') checkCount('maxConnections', settings.maxConnections);
  checkCount('maxStarts', settings.maxStarts);
  if (settings.idleTimeout !== 'unlimited')
    checkDuration('idleTimeout', settings.idleTimeout, 1, orUnlimited);
  if (settings.freshness !== 'unlimited') checkDuration('freshness', settings.freshness, 0, orUnlimited);
  if (limits === undefined) return settings;
  if (!isObject(limits)) throw new ConfigError('limits', kindOf(limits), 'an object');
  checkFields('limits', limits, DEFAULT_SETTINGS.limits);
  const all = { ...DEFAULT_SETTINGS.limits, ...defined(limits) };
  for (const [name, limit] of Object.entries(all)) checkDuration(`limits.${name}`, limit, 1);
  return { ...settings, limits: all };
}

const orUnlimited = " or 'unlimited'";

function checkCount(field: string, value: unknown): void {
  if (Number.isSafeInteger(value) && Number(value) >= 1) return;
  throw new ConfigError(field, value, 'a whole number of at least 1');
}

type SharedOptions = Omit<PoolOptions, keyof PoolSettings | 'servers'>;

/** Everything that one connection is made of, but its turn to start. */
function readServer(name: string, server: PoolServer, shared: SharedOptions): ConnectionOptions {
  const own: ServerOptions = isOwnOptions(server) ? server : { server };
  const options: ConnectionOptions = {
    ...shared,
    ...defined(own),
    ...policiesOf(own, shared),
    server: own.server,
    name,
  };
  try {
    checkFields('', own, SERVER_FIELDS);
    checkOptions(options);
    resolveConfig(options);
  } catch (error) {
    throw error instanceof ConfigError ? error.under(`servers.${name}`) : error;
  }
  // What must not be shown by one must not be shown by any.
  return { ...options, secrets: [...(shared.secrets ?? []), ...(own.secrets ?? [])] };
}

function isOwnOptions(server: PoolServer): server is ServerOptions {
  return isObject(server) && 'server' in server;
}

/** Field by field: a server that sets one has the pool's others. */
function policiesOf(own: ConnectionConfig, shared: ConnectionConfig): ConnectionConfig {
  return {
    retryPolicy: merged(own.retryPolicy, shared.retryPolicy),
    healthCheck: merged(own.healthCheck, shared.healthCheck),
    timeout: merged(own.timeout, shared.timeout),
    keepAlive: merged(own.keepAlive, shared.keepAlive),
  };
}

function merged<Policy>(own: Policy, shared: Policy): Policy {
  if (own === undefined) return shared;
  return isObject(own) && isObject(shared) ? { ...shared, ...defined(own) } : own;
}

type Defined<Fields> = { [Field in keyof Fields]?: Exclude<Fields[Field], undefined> };

/** Without the fields that are given as undefined: they mean the default. */
function defined<Fields extends object>(fields: Fields): Defined<Fields> {
  const set: Defined<Fields> = { ...fields };
  for (const [field, value] of Object.entries(fields)) {
    if (value === undefined) Reflect.deleteProperty(set, field);
  }
  return set;
}
