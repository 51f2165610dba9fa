import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';
import { toJsonLine } from '../../jsonLine.js';
import { MAX_DEPTH, pruneDepth } from './depth.js';

/** What a line on stdout turned out to be. */
export type Frame =
  | { kind: 'message'; message: JSONRPCMessage }
  | { kind: 'blank' }
  /** `instead`: an error for the caller whose answer cannot be delivered. */
  | { kind: 'garbage'; flaw: string; instead: JSONRPCMessage | null };

const PARSE_ERROR = -32700;
const MEMBERS = new Set(['jsonrpc', 'id', 'method', 'params', 'result', 'error']);

/**
 * Reads one line as a JSON-RPC message. The shape is checked by hand, with the SDK's own strictness:
 * its schema costs more than all the rest of receiving a frame, and the client applies it once more.
 */
export function readFrame(line: string): Frame {
  const pruned = pruneDepth(line);
  const value = parse(pruned ?? line);
  if (value === undefined) {
    return line.trim() === '' ? { kind: 'blank' } : { kind: 'garbage', flaw: 'no JSON', instead: null };
  }
  if (!isMessage(value)) return { kind: 'garbage', flaw: findFlaw(value) ?? '', instead: null };
  if (pruned === null) return { kind: 'message', message: value };
  const flaw = `nested deeper than ${MAX_DEPTH} levels`;
  return { kind: 'garbage', flaw, instead: answerInstead(value, `The answer is ${flaw}`) };
}

/** A message as one line. */
export function writeFrame(message: JSONRPCMessage): string {
  return toJsonLine(message);
}

/** The parsed line; undefined, which is no JSON, when it cannot be parsed. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The engine's message quotes the line, which may hold what errors must not show.
    return undefined;
  }
}

function answerInstead(message: JSONRPCMessage, reason: string): JSONRPCMessage | null {
  if ('method' in message || message.id === undefined) return null;
  return { jsonrpc: '2.0', id: message.id, error: { code: PARSE_ERROR, message: reason } };
}

function isMessage(value: unknown): value is JSONRPCMessage {
  return findFlaw(value) === null;
}

/** Why `value` is no JSON-RPC message; null when it is one. */
function findFlaw(value: unknown): string | null {
  if (!isRecord(value)) return 'no object';
  if (value.jsonrpc !== '2.0') return 'no JSON-RPC 2.0';
  for (const member in value) {
    if (!MEMBERS.has(member)) return 'a member that JSON-RPC does not know';
  }
  const { id } = value;
  if (id !== undefined && typeof id !== 'string' && !Number.isSafeInteger(id)) return 'an invalid id';
  if (value.method !== undefined) return findCallFlaw(value);
  if (value.params !== undefined) return 'params without a method';
  if (value.result !== undefined) return findResultFlaw(value);
  return findErrorFlaw(value.error);
}

function findCallFlaw(value: Record<string, unknown>): string | null {
  if (typeof value.method !== 'string') return 'an invalid method';
  if (value.result !== undefined || value.error !== undefined) return 'both a call and an answer';
  return value.params === undefined || hasPlainMeta(value.params) ? null : 'invalid params';
}

function findResultFlaw(value: Record<string, unknown>): string | null {
  if (value.id === undefined) return 'a result without an id';
  if (value.error !== undefined) return 'both a result and an error';
  return hasPlainMeta(value.result) ? null : 'an invalid result';
}

function findErrorFlaw(error: unknown): string | null {
  if (error === undefined) return 'neither a call nor an answer';
  const isValid = isRecord(error) && Number.isSafeInteger(error.code) && typeof error.message === 'string';
  return isValid ? null : 'an invalid error';
}

/** Whether `value` is an object whose `_meta`, if any, is one that the SDK's client lets pass. */
function hasPlainMeta(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const { _meta: meta } = value;
  if (meta === undefined) return true;
  if (!isRecord(meta)) return false;
  const { progressToken: token } = meta;
  return token === undefined || typeof token === 'string' || Number.isSafeInteger(token);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
