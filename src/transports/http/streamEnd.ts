import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js';

const METHOD = 'lifeline/stream-ended';

/**
 * The last event put into each stream before it ends. The SDK hands it on when it has handed on everything
 * before it: only then is it certain which requests the stream left without an answer.
 */
export function streamEndData(stream: number): string {
  return JSON.stringify({ jsonrpc: '2.0', method: METHOD, params: { stream } });
}

/** Which stream a message ends; null for what the server sent. */
export function endedStream(message: JSONRPCMessage): number | null {
  if (!('method' in message) || message.method !== METHOD) return null;
  const stream = message.params?.stream;
  return typeof stream === 'number' ? stream : null;
}
