import type { OAuthClientProvider } from '@modelcontextprotocol/sdk/client/auth.js';
import type { FetchLike, Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { Clock } from '../clock.js';

/** A server to start as a process and talk to over its stdin and stdout. */
export interface StdioServer {
  command: string;
  args?: readonly string[] | undefined;
  /** Added to a safe default environment. The values are treated as secrets. */
  env?: Readonly<Record<string, string>> | undefined;
  cwd?: string | undefined;
}

/** A server to reach over Streamable HTTP, or over HTTP+SSE where it only speaks that (R15). */
export interface HttpServer {
  url: string | URL;
  /** Request headers. The values are treated as secrets. */
  headers?: Readonly<Record<string, string>> | undefined;
  /** Leave it out to find out. */
  type?: 'http' | 'sse' | undefined;
}

/** Where the server is, or a maker of SDK transports: one new transport per session. */
export type ServerDefinition = StdioServer | HttpServer | (() => Transport | Promise<Transport>);

export type HeadersSource =
  | Readonly<Record<string, string>>
  | (() => Readonly<Record<string, string>> | Promise<Readonly<Record<string, string>>>);

export interface TransportContext {
  authProvider?: OAuthClientProvider | undefined;
  headers?: HeadersSource | undefined;
  fetch?: FetchLike | undefined;
  secrets?: readonly string[] | undefined;
  clock: Clock;
  random: () => number;
}

/** Loaded only where they are of use, so that a browser never meets the one that starts processes. */
const kinds = {
  stdio: () => import('./stdio/stdioTransport.js'),
  http: () => import('./http/createHttpTransport.js'),
};

/**
 * Loads what transports to this server need. Not as late as the first of them: a module that cannot be read
 * then, because no descriptor is left, cannot be read by this process ever again.
 */
export function loadTransport(server: ServerDefinition): void {
  if (typeof server === 'function') return;
  // Whoever makes a transport is told.
  kinds['command' in server ? 'stdio' : 'http']().catch(() => {});
}

/** A new transport to the server. */
export async function createTransport(
  server: ServerDefinition,
  context: TransportContext,
): Promise<Transport> {
  if (typeof server === 'function') return server();
  const { secrets, clock } = context;
  if ('command' in server) {
    const { StdioTransport } = await kinds.stdio();
    return new StdioTransport({ ...server, secrets, clock });
  }
  const { createHttpTransport } = await kinds.http();
  const { authProvider, fetch, random } = context;
  return createHttpTransport({
    ...server,
    headers: mergeHeaders(server.headers, context.headers),
    authProvider,
    fetch,
    secrets,
    clock,
    random,
  });
}

/** The headers of the server's definition, under those of the options. */
function mergeHeaders(
  base: Readonly<Record<string, string>> | undefined,
  over: HeadersSource | undefined,
): HeadersSource {
  if (typeof over !== 'function') return { ...base, ...over };
  if (base === undefined) return over;
  return async () => ({ ...base, ...(await over()) });
}
