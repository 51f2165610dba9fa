import type { ServerDefinition } from '../transports/createTransport.js';
import { readServerUrl } from '../transports/serverUrl.js';

/** Where a server is, as far as anybody may know. */
export interface Endpoint {
  /** `custom`: a transport of the embedder's, of which nothing is known. */
  transport: 'stdio' | 'http' | 'custom';
  /** Host and port of the URL; null where there is none. */
  host: string | null;
  port: number | null;
}

const DEFAULT_PORTS: { [protocol: string]: number } = { 'http:': 80, 'https:': 443 };

export function endpointOf(server: ServerDefinition): Endpoint {
  // With sessions of another make the server is anything.
  if (typeof server !== 'object' || !('url' in server)) {
    const isProcess = typeof server === 'object' && 'command' in server;
    return { transport: isProcess ? 'stdio' : 'custom', host: null, port: null };
  }
  const { url } = readServerUrl(server.url);
  const port = url.port === '' ? DEFAULT_PORTS[url.protocol] : Number(url.port);
  return { transport: 'http', host: url.hostname, port: port ?? null };
}
