import type { IncomingMessage } from 'node:http';
import { Refusal } from './Refusal.js';
import { isToken } from './token.js';

/** What a server at this port is called by those who may ask it. */
export function ownHosts(port: number): ReadonlySet<string> {
  const names = ['127.0.0.1', 'localhost', '[::1]'];
  // Browsers leave out the port that is meant without one.
  return new Set([...names.map((name) => `${name}:${port}`), ...(port === 80 ? names : [])]);
}

/**
 * Lets in whoever asks this server by one of its own names. A page of a stranger's whose name was made to lead here
 * (DNS rebinding) comes with that name.
 *
 * @throws Refusal
 */
export function demandOwnHost({ headers }: IncomingMessage, hosts: ReadonlySet<string>): void {
  if (headers.host === undefined || !hosts.has(headers.host.toLowerCase())) {
    throw new Refusal(403, `Host: expected one of ${[...hosts].join(', ')}`);
  }
}

/**
 * Lets in our own page, and programs that are no browsers; no page from elsewhere, whatever it knows.
 *
 * @throws Refusal
 */
export function demandOwnOrigin({ headers }: IncomingMessage): void {
  const { origin, host } = headers;
  if (origin !== undefined && origin !== `http://${host}`) {
    throw new Refusal(403, 'Origin: expected that of the page itself');
  }
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') {
    throw new Refusal(403, 'Sec-Fetch-Site: expected a request of the page itself');
  }
}

/** @throws Refusal */
export function demandToken({ headers }: IncomingMessage, token: string): void {
  const [, given] = /^Bearer ([\w-]{1,200})$/.exec(headers.authorization ?? '') ?? [];
  if (given === undefined || !isToken(token, given)) {
    const challenge = { 'WWW-Authenticate': 'Bearer' };
    throw new Refusal(401, 'Authorization: expected the token that is in the address of the page', challenge);
  }
}
