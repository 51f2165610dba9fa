import type { IncomingMessage } from 'node:http';
import { Refusal } from './Refusal.js';

/** Bytes; a name and a word have room in it. */
const LONGEST = 8 * 1024;

/**
 * The object that a request brings.
 *
 * @throws Refusal
 */
export async function readJson(request: IncomingMessage): Promise<object> {
  const [type = ''] = (request.headers['content-type'] ?? '').split(';');
  if (type.trim().toLowerCase() !== 'application/json') {
    throw new Refusal(415, 'Content-Type: expected application/json');
  }
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    length += chunk.length;
    if (length > LONGEST)
      throw new Refusal(413, `body: expected ${LONGEST} bytes at most`, { Connection: 'close' });
    chunks.push(chunk);
  }
  const value = parse(Buffer.concat(chunks).toString('utf8'));
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Refusal(400, 'body: expected a JSON object');
  }
  return value;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // What is wrong is said without quoting it.
    throw new Refusal(400, 'body: expected JSON');
  }
}

/** @throws Refusal */
export function textIn(body: object, field: string): string {
  const value: unknown = Object.hasOwn(body, field) ? Reflect.get(body, field) : undefined;
  if (typeof value !== 'string') throw new Refusal(400, `${field}: expected a text`);
  return value;
}
