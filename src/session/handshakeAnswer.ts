import type { HandshakeAnswer } from '../../machines/index.js';

/**
 * What the chart needs of the result of `initialize`.
 *
 * @returns null when it is no such result
 */
export function readHandshakeAnswer(result: unknown): HandshakeAnswer | null {
  if (!isObject(result) || typeof result.protocolVersion !== 'string') return null;
  const { serverInfo } = result;
  if (!isObject(serverInfo) || typeof serverInfo.name !== 'string') return null;
  return {
    protocolVersion: result.protocolVersion,
    serverInfo: {
      name: serverInfo.name,
      version: typeof serverInfo.version === 'string' ? serverInfo.version : '',
      ...(typeof serverInfo.title === 'string' ? { title: serverInfo.title } : {}),
    },
    capabilities: capabilityPaths(result.capabilities),
  };
}

/** `{ tools: {}, resources: { subscribe: true } }` as `tools`, `resources`, `resources.subscribe`. */
export function capabilityPaths(capabilities: unknown): string[] {
  if (!isObject(capabilities)) return [];
  return Object.entries(capabilities).flatMap(([name, options]) => {
    if (!isObject(options)) return [];
    const parts = Object.entries(options).filter(([, value]) => value === true || isObject(value));
    return [name, ...parts.map(([part]) => `${name}.${part}`)];
  });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
