import { memberOf } from './exits.js';

/** What a tool answered, as text for people: texts as they are, of everything else what it is. */
export function describeAnswer(result: unknown): string {
  const content = listOf(result, 'content');
  const structured = memberOf(result, 'structuredContent');
  if (content.length === 0 && structured !== undefined) return JSON.stringify(structured, null, 2);
  return content.map(describeBlock).join('\n');
}

/** One block of content, of a tool or of a prompt. */
export function describeBlock(block: unknown): string {
  const text = memberOf(block, 'text');
  switch (memberOf(block, 'type')) {
    case 'text':
      return typeof text === 'string' ? text : '';
    case 'resource':
      return describeResource(memberOf(block, 'resource'));
    case 'resource_link':
      return `[link ${wordOf(block, 'uri')}${wordOf(block, 'name', ' ')}]`;
    default: {
      const data = memberOf(block, 'data');
      const size = typeof data === 'string' ? `, ${sizeOf(data)} bytes` : '';
      return `[${wordOf(block, 'type') || 'something'}${wordOf(block, 'mimeType', ' ')}${size}; --json has it]`;
    }
  }
}

/** Text of a resource, or what it is when it is none. */
export function describeResource(resource: unknown): string {
  const text = memberOf(resource, 'text');
  if (typeof text === 'string') return text;
  const blob = memberOf(resource, 'blob');
  const size = typeof blob === 'string' ? `, ${sizeOf(blob)} bytes` : '';
  return `[${wordOf(resource, 'uri')}${wordOf(resource, 'mimeType', ' ')}${size}; --json has it]`;
}

/** A list in an answer; empty when it is something else. */
export function listOf(value: unknown, name: string): readonly unknown[] {
  const list = memberOf(value, name);
  return Array.isArray(list) ? list : [];
}

/** A text in an answer, with something before it; nothing when it is something else. */
export function wordOf(value: unknown, name: string, before = ''): string {
  const word = memberOf(value, name);
  return typeof word === 'string' && word !== '' ? before + word : '';
}

function sizeOf(base64: string): number {
  return Math.floor((base64.replace(/=+$/, '').length * 3) / 4);
}

const LONGEST_LINE = 100;

/** As much of a description as a list has room for. */
export function firstLineOf(text: string): string {
  const [line = ''] = text.trim().split(/\r?\n/);
  return line.length <= LONGEST_LINE ? line : `${line.slice(0, LONGEST_LINE - 1)}…`;
}
