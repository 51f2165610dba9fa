import type { HandshakeAnswer } from '../../machines/index.js';
import type { ShowForeign } from '../foreignText.js';

const REVISION = /^\d{4}-\d{2}-\d{2}$/;
/** What the protocol itself calls capabilities; no secret of anybody's, even where it is a value of an environment. */
const KNOWN_NAMES = new Set(
  'tools resources prompts logging completions tasks extensions experimental subscribe listChanged'.split(
    ' ',
  ),
);
/** More are of no use to anybody. */
const MOST_CAPABILITIES = 1_000;

/**
 * What the chart needs of the result of `initialize`. It goes into context, messages and inspectors.
 *
 * @param show what the server chose freely is shown like this
 * @returns null when it is no such result
 */
export function readHandshakeAnswer(result: unknown, show: ShowForeign): HandshakeAnswer | null {
  if (!isObject(result) || typeof result.protocolVersion !== 'string') return null;
  const { serverInfo } = result;
  if (!isObject(serverInfo) || typeof serverInfo.name !== 'string') return null;
  return {
    protocolVersion: REVISION.test(result.protocolVersion)
      ? result.protocolVersion
      : show(result.protocolVersion),
    serverInfo: {
      name: show(serverInfo.name),
      version: typeof serverInfo.version === 'string' ? show(serverInfo.version) : '',
      ...(typeof serverInfo.title === 'string' ? { title: show(serverInfo.title) } : {}),
    },
    capabilities: capabilityPaths(result.capabilities)
      .slice(0, MOST_CAPABILITIES)
      .map((path) => (path.split('.').every((name) => KNOWN_NAMES.has(name)) ? path : show(path))),
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
