import { toJsonLine } from '../jsonLine.js';
import { LineSplitter } from '../lineSplitter.js';
import { FAULTS, type Message } from './messages.js';

/** Why what came is no frame, with the JSON-RPC code for it. */
export interface Flaw {
  readonly code: number;
  readonly message: string;
}

export type Frame =
  | { readonly kind: 'message'; readonly message: Message }
  | { readonly kind: 'flawed'; readonly flaw: Flaw };

const MEMBERS = new Set(['jsonrpc', 'id', 'method', 'params', 'result', 'error']);

/** A message as bytes. Throws when it holds what is no JSON. */
export function encodeFrame(message: Message): Buffer {
  return Buffer.from(toJsonLine(message));
}

/** Reads frames from bytes that come in pieces of any size. After a flaw it reads nothing more. */
export class FrameReader {
  readonly #lines: LineSplitter;
  readonly #onflaw: (flaw: Flaw) => void;
  #isOver = false;
  #ended = 0;

  /** @param limit longest frame in bytes, its newline not counted; more is a flaw, whether its end came or not */
  constructor(limit: number, onmessage: (message: Message) => void, onflaw: (flaw: Flaw) => void) {
    this.#onflaw = onflaw;
    this.#lines = new LineSplitter(limit, (line) => {
      this.#ended += 1;
      if (this.#isOver) return;
      const frame = readFrame(line);
      if (frame.kind === 'message') onmessage(frame.message);
      else this.#fail(frame.flaw);
    });
  }

  /** Which frame has begun and not ended; null when none has. */
  get unfinished(): number | null {
    return this.#lines.isInLine && !this.#isOver ? this.#ended : null;
  }

  push(chunk: Buffer): void {
    if (this.#isOver || this.#lines.push(chunk)) return;
    this.#fail({ code: FAULTS.invalidRequest, message: `a frame longer than ${this.#lines.limit} bytes` });
  }

  #fail(flaw: Flaw): void {
    // A line that came before in the same chunk may have ended it.
    if (this.#isOver) return;
    this.#isOver = true;
    this.#onflaw(flaw);
  }
}

/** Reads one line. What is wrong is said without quoting it: it may hold a secret. */
export function readFrame(line: string): Frame {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return flawed(FAULTS.parseError, 'no JSON');
  }
  if (isMessage(value)) return { kind: 'message', message: value };
  return flawed(FAULTS.invalidRequest, findFlaw(value) ?? '');
}

function flawed(code: number, found: string): Frame {
  return { kind: 'flawed', flaw: { code, message: `found ${found}, expected a JSON-RPC 2.0 message` } };
}

function isMessage(value: unknown): value is Message {
  return findFlaw(value) === null;
}

/** Why `value` is no message; null when it is one. */
function findFlaw(value: unknown): string | null {
  if (Array.isArray(value)) return value.length === 0 ? 'an empty array' : 'a batch';
  if (typeof value !== 'object') return `a ${typeof value}`;
  if (!isRecord(value)) return 'null';
  if (value.jsonrpc !== '2.0') return 'no `jsonrpc: "2.0"`';
  for (const member in value) {
    if (!MEMBERS.has(member)) return 'a member that JSON-RPC does not know';
  }
  if ('method' in value) return findCallFlaw(value);
  if ('params' in value) return '`params` without a method';
  return findAnswerFlaw(value);
}

function findCallFlaw(value: Record<string, unknown>): string | null {
  if (typeof value.method !== 'string') return 'a method that is no text';
  if ('result' in value || 'error' in value) return 'both a call and an answer';
  return 'id' in value && !isId(value.id) ? 'an invalid id' : null;
}

function findAnswerFlaw(value: Record<string, unknown>): string | null {
  if ('result' in value === 'error' in value) return 'neither a call nor one answer';
  if ('result' in value) return isId(value.id) ? null : 'a result with an invalid id';
  if (value.id !== null && !isId(value.id)) return 'an error with an invalid id';
  const { error } = value;
  const isFault = isRecord(error) && Number.isSafeInteger(error.code) && typeof error.message === 'string';
  return isFault ? null : 'an invalid error';
}

/** Numbers that others might round are no ids. */
function isId(value: unknown): boolean {
  return typeof value === 'string' || Number.isSafeInteger(value);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
