import { isTelling } from '../redact.js';
import type { HeadersSource, ServerDefinition } from './createTransport.js';
import { readServerUrl } from './serverUrl.js';

/**
 * What is known beforehand of a connection's secrets: the values of the server's environment, fixed
 * headers, what its URL hides, and what the embedder named, however short.
 *
 * @throws ConfigError when the server's URL is none
 */
export function secretsOf(
  server: ServerDefinition,
  { headers, secrets = [] }: { headers?: HeadersSource | undefined; secrets?: readonly string[] | undefined },
): string[] {
  const fixed = typeof headers === 'function' ? [] : headerSecrets(Object.values(headers ?? {}));
  if (typeof server === 'function') return [...secrets, ...fixed];
  if ('command' in server) return [...secrets, ...environmentSecrets(server.env)];
  const own = headerSecrets(Object.values(server.headers ?? {}));
  return [...secrets, ...readServerUrl(server.url).secrets.filter(isTelling), ...own, ...fixed];
}

export function environmentSecrets(env: Readonly<Record<string, string>> | undefined): string[] {
  return Object.values(env ?? {}).filter(isTelling);
}

/** Values of headers, and the words of each: a server may repeat a token without its `Bearer`. */
export function headerSecrets(values: readonly string[]): string[] {
  return values.flatMap((value) => [value, ...value.split(/[\s,;=]+/)]).filter(isTelling);
}
