/** A JSON-RPC message of the subject, as far as the kit looks into it. */
export interface Received {
  id: string | number | undefined;
  method: string;
  params: unknown;
}

/** The tool of the server that the kit has: its answer is its argument `key`. */
export const TOOL = 'work';

export const LATEST_VERSION = '2025-11-25';

/** @returns null for what is no request or notification */
export function readMessage(text: string): Received | null {
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch {
    return null;
  }
  const method = memberOf(message, 'method');
  if (typeof method !== 'string') return null;
  const id = memberOf(message, 'id');
  return {
    id: typeof id === 'string' || typeof id === 'number' ? id : undefined,
    method,
    params: memberOf(message, 'params'),
  };
}

/** The key of a call of the tool; undefined for whatever else. */
export function keyOf({ method, params }: Received): string | undefined {
  if (method !== 'tools/call') return undefined;
  const key = memberOf(memberOf(params, 'arguments'), 'key');
  return typeof key === 'string' ? key : undefined;
}

/** What a small server answers to a request. */
export function answerTo(request: Received): object {
  const { id, method, params } = request;
  const result = (value: object) => ({ jsonrpc: '2.0', id, result: value });
  switch (method) {
    case 'initialize': {
      const version = memberOf(params, 'protocolVersion');
      return result({
        protocolVersion:
          typeof version === 'string' && KNOWN_VERSIONS.has(version) ? version : LATEST_VERSION,
        capabilities: { tools: {} },
        serverInfo: { name: 'certify', version: '1.0.0' },
      });
    }
    case 'ping':
      return result({});
    case 'tools/list':
      return result({
        tools: [
          {
            name: TOOL,
            description: 'Says the key that it is told.',
            inputSchema: { type: 'object', properties: { key: { type: 'string' } }, required: ['key'] },
          },
        ],
      });
    case 'tools/call':
      return result({ content: [{ type: 'text', text: keyOf(request) ?? '' }] });
    default:
      return { jsonrpc: '2.0', id, error: { code: -32601, message: 'Method not found' } };
  }
}

const KNOWN_VERSIONS = new Set(['2024-11-05', '2025-03-26', '2025-06-18', LATEST_VERSION]);

export function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && name in value ? Reflect.get(value, name) : undefined;
}
