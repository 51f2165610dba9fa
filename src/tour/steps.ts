/** What a tour does with a connection, one step each, telling what comes of it. */
import { messageOf } from '../errors.js';
import type { ConnectionManager, ConnectionOptions } from '../index.js';
import { CallError, ConnectionManager as Manager } from '../index.js';
import type { ListedItems, Stage, ToolArguments } from './events.js';
import { narrate } from './narrate.js';

/** Longest text of an answer that is told. */
const TEXT_LIMIT = 500;

/**
 * Connects, lets `visit` do its part, and closes whatever comes. Tells the statistics at the end.
 *
 * @param pid the process behind the session under way, where it is known
 */
export async function withConnection(
  options: ConnectionOptions,
  { tell, signal }: Stage,
  visit: (manager: ConnectionManager) => Promise<void>,
  pid: () => number | null = () => null,
): Promise<void> {
  const manager = new Manager(options);
  narrate(manager, tell, pid);
  try {
    await manager.connect({ signal });
    await visit(manager);
  } finally {
    await manager.terminate();
  }
  tell({ event: 'connection.ended', statistics: manager.stats });
}

/** What the server offers, as capability paths. */
export function tellFeatures({ state }: ConnectionManager, { tell }: Stage): string[] {
  const features = state.status === 'connected' ? state.info.negotiatedFeatures : [];
  tell({ event: 'features.negotiated', features });
  return features;
}

export async function checkHealth(manager: ConnectionManager, { tell, signal }: Stage): Promise<void> {
  const began = performance.now();
  const { status } = await manager.checkHealth({ signal });
  tell({ event: 'health.checked', status, duration: performance.now() - began });
}

/** One list of the server's, as far as its first page goes. */
export interface Page<Item> {
  items: Item[];
  isComplete: boolean;
}

/** Asks for a list. A server that refuses one has told something too. */
export async function list<Item extends { name: string }>(
  of: ListedItems,
  read: () => Promise<Page<Item>>,
  { tell, signal }: Stage,
): Promise<Item[]> {
  const began = performance.now();
  try {
    const { items, isComplete } = await read();
    const names = items.map(({ name }) => name);
    tell({ event: 'items.listed', of, names, isComplete, duration: performance.now() - began });
    return items;
  } catch (error) {
    if (signal.aborted || error instanceof CallError) throw error;
    tell({ event: 'list.refused', of, message: messageOf(error) });
    return [];
  }
}

export function listTools(manager: ConnectionManager, stage: Stage) {
  const read = async () => {
    const { tools, nextCursor } = await manager.listTools({}, { signal: stage.signal });
    return { items: tools, isComplete: nextCursor === undefined };
  };
  return list('tools', read, stage);
}

export interface ToolCall {
  tool: string;
  arguments: ToolArguments;
  /** Milliseconds; default: that of the connection. */
  timeout?: number;
  /** Keeps the text of the answer to itself. */
  isDiscreet?: boolean;
}

/** Calls a tool and tells the answer or the failure, which is no failure of the tour. */
export async function callTool(
  manager: ConnectionManager,
  { tool, arguments: args, timeout, isDiscreet = false }: ToolCall,
  { tell, signal }: Stage,
): Promise<void> {
  const began = performance.now();
  tell({ event: 'tool.called', tool, arguments: args, waits: manager.client === null });
  try {
    const result = await manager.callTool({ name: tool, arguments: args }, { signal, timeout });
    const duration = performance.now() - began;
    const all = textOf(result.content);
    const text = isDiscreet ? null : all.slice(0, TEXT_LIMIT);
    const isError = result.isError === true;
    tell({ event: 'tool.answered', tool, text, characters: all.length, isError, duration });
  } catch (error) {
    signal.throwIfAborted();
    tell({
      event: 'tool.failed',
      tool,
      code: codeOf(error),
      message: messageOf(error),
      ...(error instanceof CallError ? { mayHaveExecuted: error.mayHaveExecuted } : {}),
      duration: performance.now() - began,
    });
  }
}

/** The texts of a result; other content by its kind. */
function textOf(content: unknown): string {
  if (!Array.isArray(content)) return '';
  const parts: unknown[] = content;
  return parts
    .map((part) => {
      if (typeof part !== 'object' || part === null) return '';
      if ('text' in part && typeof part.text === 'string') return part.text;
      return 'type' in part && typeof part.type === 'string' ? `[${part.type}]` : '';
    })
    .join(' ');
}

export function codeOf(error: unknown): string {
  const isCoded = typeof error === 'object' && error !== null && 'code' in error;
  return isCoded ? String(error.code) : 'UNEXPECTED';
}
