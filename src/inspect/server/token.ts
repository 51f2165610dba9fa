import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

const BYTES = 32;

export function makeToken(): string {
  return randomBytes(BYTES).toString('base64url');
}

/** Compares in a time that tells nothing about the token, not even its length. */
export function isToken(expected: string, given: string): boolean {
  return timingSafeEqual(digest(expected), digest(given));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
