import { ConfigError } from '../errors.js';
import type { ServerDefinition } from '../transports/createTransport.js';

/** @throws ConfigError when the definition cannot lead to a server, whatever the world is like. */
export function checkServer(server: ServerDefinition): void {
  if (typeof server === 'function') return;
  if (typeof server !== 'object' || server === null || 'command' in server === 'url' in server) {
    throw new ConfigError('server', server, '{ command }, { url } or a function that makes a transport');
  }
  if ('command' in server) {
    if (typeof server.command !== 'string' || server.command === '') {
      throw new ConfigError('server.command', server.command, 'the name or path of a program');
    }
    checkStrings('server.args', server.args);
    checkStrings('server.env', server.env === undefined ? undefined : Object.values(server.env), 'values');
    if (server.cwd !== undefined && (typeof server.cwd !== 'string' || server.cwd === '')) {
      throw new ConfigError('server.cwd', server.cwd, 'the path of a folder');
    }
    return;
  }
  checkUrl(server.url);
  if (server.type !== undefined && server.type !== 'http' && server.type !== 'sse') {
    throw new ConfigError('server.type', server.type, "'http' or 'sse'");
  }
  checkStrings('server.headers', server.headers && Object.values(server.headers), 'values');
}

function checkUrl(given: string | URL): void {
  const url = given instanceof URL ? given : URL.canParse(given) ? new URL(given) : null;
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new ConfigError('server.url', String(given), 'an http: or https: URL');
  }
}

function checkStrings(field: string, values: readonly unknown[] | undefined, what = 'items'): void {
  if (values === undefined) return;
  const wrong = Array.isArray(values) ? values.findIndex((value) => typeof value !== 'string') : -1;
  // The value itself stays out of the message: it may be a secret of the wrong type.
  if (!Array.isArray(values)) throw new ConfigError(field, typeof values, `a list of strings`);
  if (wrong >= 0) throw new ConfigError(field, `a ${typeof values[wrong]}`, `strings as ${what}`);
}
