import type { Introduction } from './errors.js';
import { readFrame } from './frames.js';
import { FAULTS, type Failure, HELLO, type Success } from './messages.js';

/** Version of what goes over the socket. The hello itself is the same in all of them. */
export const PROTOCOL = 1;

/** Milliseconds that the hello may take, on either half. */
export const HELLO_LIMIT = 5000;

/** The first frame of a client. Before it nothing is dispatched, and after it only if it was right. */
export interface Hello {
  readonly introduction: Introduction;
  readonly token: unknown;
}

export type HelloAnswer =
  | { readonly kind: 'welcome'; readonly introduction: Introduction; readonly pid: number | null }
  | { readonly kind: 'mismatch'; readonly introduction: Introduction }
  | { readonly kind: 'refused' }
  | { readonly kind: 'busy' }
  | { readonly kind: 'nonsense'; readonly found: string };

export function writeHello(introduction: Introduction, token: string) {
  return { jsonrpc: '2.0', id: 0, method: HELLO, params: { ...introduction, token } } as const;
}

/** Null when it is none. */
export function readHello(line: string): Hello | null {
  const frame = readFrame(line);
  if (frame.kind === 'flawed' || !('method' in frame.message)) return null;
  const { method, params } = frame.message;
  if (method !== HELLO || !('id' in frame.message) || frame.message.id !== 0) return null;
  return isIntroduction(params) && 'token' in params
    ? { introduction: introductionIn(params), token: params.token }
    : null;
}

export function welcome(introduction: Introduction): Success {
  return { jsonrpc: '2.0', id: 0, result: { ...introduction, pid: process.pid } };
}

/** Nothing in it says what was wrong. */
export const REFUSAL = failure(FAULTS.refused, 'refused');

export const TOO_MANY_CLIENTS = failure(FAULTS.tooManyClients, 'too many clients');

/** Only for who knew the token. */
export function mismatch(introduction: Introduction): Failure {
  return failure(FAULTS.mismatch, 'another version or configuration', { ...introduction });
}

export function readHelloAnswer(line: string): HelloAnswer {
  const frame = readFrame(line);
  if (frame.kind === 'flawed') return { kind: 'nonsense', found: frame.flaw.message };
  const { message } = frame;
  if ('result' in message && isIntroduction(message.result)) {
    const introduction = introductionIn(message.result);
    return { kind: 'welcome', introduction, pid: pidIn(message.result) };
  }
  if (!('error' in message)) return { kind: 'nonsense', found: 'something else than an answer to the hello' };
  const { code, data } = message.error;
  if (code === FAULTS.refused) return { kind: 'refused' };
  if (code === FAULTS.tooManyClients) return { kind: 'busy' };
  if (code === FAULTS.mismatch && isIntroduction(data)) {
    return { kind: 'mismatch', introduction: introductionIn(data) };
  }
  return { kind: 'nonsense', found: `an error with code ${code}` };
}

function failure(code: number, message: string, data?: unknown): Failure {
  const error = data === undefined ? { code, message } : { code, message, data };
  return { jsonrpc: '2.0', id: 0, error };
}

function isIntroduction(value: unknown): value is Introduction {
  if (typeof value !== 'object' || value === null) return false;
  if (!('protocol' in value) || !('version' in value) || !('fingerprint' in value)) return false;
  return (
    Number.isSafeInteger(value.protocol) &&
    typeof value.version === 'string' &&
    typeof value.fingerprint === 'string'
  );
}

function introductionIn({ protocol, version, fingerprint }: Introduction): Introduction {
  return { protocol, version, fingerprint };
}

function pidIn(value: object): number | null {
  return 'pid' in value && typeof value.pid === 'number' ? value.pid : null;
}
