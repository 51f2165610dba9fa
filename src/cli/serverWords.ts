import { messageOf } from '../errors.js';

/** What libraries put before a server's own words, some of them twice. */
const PREFIX = /^(?:MCP error -?\d+: )+/;

/** What went wrong with a server, where its name stands beside it. */
export function wordsFor(message: string, server: string): string {
  const words = message.replace(PREFIX, '');
  return words.startsWith(`${server}: `) ? words.slice(server.length + 2) : words;
}

/** What went wrong with a server, with its name once. */
export function messageFor(error: unknown, server: string | undefined): string {
  const message = messageOf(error).replace(PREFIX, '');
  return server === undefined ? message : `${server}: ${wordsFor(message, server)}`;
}
