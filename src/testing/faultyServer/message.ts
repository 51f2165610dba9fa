import { isObject } from '../../connection/checks.js';

export interface Fields {
  readonly [name: string]: unknown;
}

/** What came in, as far as it is any of a JSON-RPC message. */
export interface Message {
  /** Undefined where nobody waits for an answer. */
  id: unknown;
  /** Undefined for an answer. */
  method: string | undefined;
  params: Fields;
}

/** @returns null where it is no message at all */
export function messageOf(value: unknown): Message | null {
  if (!isObject(value)) return null;
  const { id, method, params }: Fields = { ...value };
  return { id, method: typeof method === 'string' ? method : undefined, params: fieldsOf(params) };
}

export function fieldsOf(value: unknown): Fields {
  return isObject(value) ? { ...value } : {};
}

/** The argument as a text; empty where there is none. */
export function textOf(value: unknown): string {
  return value === undefined || value === null ? '' : String(value);
}

/** The argument as a number, or what it is by default. */
export function numberOf(value: unknown, otherwise: number): number {
  return value === undefined ? otherwise : Number(value);
}

/** The result of a tool that says this. */
export const textual = (text: string) => ({ content: [{ type: 'text', text }] });
