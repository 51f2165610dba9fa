import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { readOwnFile, replaceOwnFile } from './ownFile.js';
import type { Places } from './places.js';

const BYTES = 32;
/** More than any token needs. */
const LONGEST = 1024;

/** Makes a token for a daemon that starts, in place of the one of the daemon before it. */
export function writeToken({ token: path }: Pick<Places, 'token'>): string {
  const token = randomBytes(BYTES).toString('base64url');
  replaceOwnFile(path, token);
  return token;
}

/**
 * The token of the daemon; null when there is none.
 *
 * @throws UnsafePlaceError when others can have read or written it
 */
export function readToken({ token: path }: Pick<Places, 'token'>): string | null {
  return readOwnFile(path, LONGEST);
}

/** Compares in a time that tells nothing about the token, not even its length. */
export function isToken(expected: string, given: unknown): boolean {
  return typeof given === 'string' && timingSafeEqual(digest(expected), digest(given));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
