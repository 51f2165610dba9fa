import { type Clock, systemClock } from '../clock.js';
import type { ConnectionManager } from '../connection/ConnectionManager.js';
import { ConfigError } from '../errors.js';
import type { Pool } from '../pool/pool.types.js';
import type { InspectionSource } from './InspectionSource.types.js';
import { LocalSource } from './LocalSource.js';
import { PAGE, readAssets } from './server/assets.js';
import { InspectorServer } from './server/InspectorServer.js';
import { makeToken } from './server/token.js';

/** One of `source`, `managers` and `pool` says what to look at. */
export interface InspectorOptions {
  source?: InspectionSource | undefined;
  managers?: Iterable<ConnectionManager> | undefined;
  pool?: Pick<Pool, 'names' | 'peek' | 'on'> | undefined;
  /** 0 to 65535. Default 0: one that is free. */
  port?: number | undefined;
  /** Of this machine: `127.0.0.1` (default), `::1` or `localhost`. */
  host?: string | undefined;
  /** What whoever looks must know: at least 16 of the characters A–Z a–z 0–9 _ -. Default: a new one, of 256 bits */
  token?: string | undefined;
  /** Values that must not be seen, beside those that the connections keep to themselves. Not with `source`. */
  secrets?: readonly string[] | undefined;
  clock?: Clock | undefined;
}

/** A page that is served. */
export interface Inspector extends AsyncDisposable {
  /** The address of the page, with the token behind its `#`, which no server is sent: it is a secret as a whole. */
  readonly url: string;
  /** The same without the token. */
  readonly origin: string;
  /** Ends it; the connections are as they were. A source of yours stays open. */
  close(): Promise<void>;
}

/**
 * Serves a page on this machine that shows connections as they live: their chart with the current states lit, what
 * happens to them, and buttons to probe, reconnect and disconnect them.
 *
 * @throws ConfigError when the options cannot work
 * @throws the system's error, such as `EADDRINUSE`
 */
export async function serveInspector(options: InspectorOptions): Promise<Inspector> {
  return openInspector(options, PAGE);
}

/** @param page the folder with the files of the page */
export async function openInspector(options: InspectorOptions, page: string): Promise<Inspector> {
  checkOptions(options);
  const { managers, pool, secrets, port = 0, host = '127.0.0.1', token = makeToken() } = options;
  const { clock = systemClock } = options;
  const own = options.source === undefined ? new LocalSource({ managers, pool, secrets, clock }) : null;
  const source = options.source ?? own;
  if (source === null) throw new ConfigError('source', undefined, 'a source, managers or a pool');
  const assets = readAssets(page);
  const server = new InspectorServer({ source, assets, token, host, port, clock });
  try {
    await server.listen();
  } catch (error) {
    await own?.[Symbol.asyncDispose]();
    throw error;
  }
  let closing: Promise<void> | null = null;
  const end = async () => {
    await server.close();
    await own?.[Symbol.asyncDispose]();
  };
  const close = () => {
    closing ??= end();
    return closing;
  };
  const { origin } = server;
  return { url: `${origin}/#${token}`, origin, close, [Symbol.asyncDispose]: close };
}

const HOSTS = ['127.0.0.1', '::1', 'localhost'];

function checkOptions({ source, managers, pool, secrets, port, host, token }: InspectorOptions): void {
  const given = [source, managers, pool].filter((each) => each !== undefined).length;
  if (given !== 1) {
    throw new ConfigError('source', given === 0 ? undefined : 'several', 'one of source, managers and pool');
  }
  if (source !== undefined && secrets !== undefined) {
    throw new ConfigError('secrets', 'values', 'none beside a source, which takes out its own');
  }
  if (port !== undefined && !(Number.isInteger(port) && port >= 0 && port <= 65_535)) {
    throw new ConfigError('port', port, 'an integer from 0 to 65535');
  }
  if (host !== undefined && !HOSTS.includes(host)) {
    throw new ConfigError('host', host, `one of this machine alone: ${HOSTS.join(', ')}`);
  }
  if (token !== undefined && !/^[\w-]{16,200}$/.test(token)) {
    // It is not quoted.
    throw new ConfigError('token', 'another text', 'at least 16 of the characters A-Z a-z 0-9 _ -');
  }
}
