import { ConfigError } from '../errors.js';

/** Longer parts of a path may be keys, as hosted servers have them. */
const LONGEST_SHOWN_SEGMENT = 16;

/** The server's address, taken apart into what is requested, what is shown and what is secret. */
export interface ServerUrl {
  /** Without user and password: `fetch` refuses URLs that have them. */
  url: URL;
  /** Basic authorization from the URL's user and password; null when it has none. */
  authorization: string | null;
  /** Origin and path, for messages. */
  shown: string;
  /** What must not appear in messages: user, password, values of the query, long parts of the path. */
  secrets: string[];
}

/** @throws ConfigError when `value` is no http or https URL; without the value, which may hold secrets. */
export function readServerUrl(value: URL | string): ServerUrl {
  let url: URL;
  try {
    url = new URL(value);
  } catch {
    throw new ConfigError('server.url', `${String(value).length} characters`, 'an http: or https: URL');
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new ConfigError('server.url', url.protocol, 'an http: or https: URL');
  }
  const credentials = [url.username, url.password].map(decode);
  const authorization = credentials.join('') === '' ? null : `Basic ${toBase64(credentials.join(':'))}`;
  const secrets = [...credentials, ...url.searchParams.values()];
  secrets.push(...url.pathname.split('/').filter(isLong), url.search.slice(1));
  if (authorization !== null) secrets.push(authorization.slice('Basic '.length));
  url.username = '';
  url.password = '';
  return { url, authorization, shown: showUrl(url), secrets };
}

/** Origin and path of a URL, long parts of the path left out. */
export function showUrl(url: URL): string {
  const path = url.pathname.split('/').map((segment) => (isLong(segment) ? '…' : segment));
  return url.origin + (url.pathname === '/' ? '' : path.join('/'));
}

/** Whether credentials for `from` may go to `to`: same origin, or the same host on https. */
export function isSameServer(from: URL, to: URL): boolean {
  if (to.username !== '' || to.password !== '') return false;
  if (from.origin === to.origin) return true;
  return from.protocol === 'http:' && to.protocol === 'https:' && from.host === to.host && from.port === '';
}

/** Whether a part of a path may be a key. */
export function isLong(segment: string): boolean {
  return segment.length > LONGEST_SHOWN_SEGMENT;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function toBase64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}
