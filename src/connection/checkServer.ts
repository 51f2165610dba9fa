import { ConfigError } from '../errors.js';
import type { HttpServer, ServerDefinition, StdioServer } from '../transports/createTransport.js';
import { readServerUrl } from '../transports/serverUrl.js';
import {
  checkFields,
  checkHeaders,
  checkStrings,
  checkStringValues,
  checkText,
  isObject,
  kindOf,
} from './checks.js';

const STDIO_FIELDS: { [Field in keyof Required<StdioServer>]: true } = {
  command: true,
  args: true,
  env: true,
  cwd: true,
};
const HTTP_FIELDS: { [Field in keyof Required<HttpServer>]: true } = { url: true, headers: true, type: true };

/** @throws ConfigError when the definition cannot lead to a server, whatever the world is like. */
export function checkServer(server: ServerDefinition): void {
  if (typeof server === 'function') return;
  if (!isObject(server) || 'command' in server === 'url' in server) {
    // Without the values: environment and headers hold secrets.
    const found = isObject(server)
      ? `an object with ${Object.keys(server).join(', ') || 'nothing'}`
      : kindOf(server);
    throw new ConfigError(
      'server',
      found,
      'either { command } or { url }, or a function that makes a transport',
    );
  }
  if ('command' in server) checkStdioServer(server);
  else checkHttpServer(server);
}

function checkStdioServer(server: StdioServer): void {
  checkFields('server', server, STDIO_FIELDS);
  checkText('server.command', server.command, 'the name or path of a program');
  if (server.args !== undefined) checkStrings('server.args', server.args);
  if (server.env !== undefined) checkStringValues('server.env', server.env);
  if (server.cwd !== undefined) checkText('server.cwd', server.cwd, 'the path of a folder');
}

function checkHttpServer(server: HttpServer): void {
  checkFields('server', server, HTTP_FIELDS);
  if (typeof server.url !== 'string' && !(server.url instanceof URL)) {
    throw new ConfigError('server.url', kindOf(server.url), 'an http: or https: URL');
  }
  readServerUrl(server.url);
  if (server.type !== undefined && server.type !== 'http' && server.type !== 'sse') {
    throw new ConfigError('server.type', server.type, "'http' or 'sse'");
  }
  if (server.headers !== undefined) checkHeaders('server.headers', server.headers);
}
