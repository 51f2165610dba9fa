import { PACKAGE } from '../../package.js';
import type { Fields } from './message.js';
import type { Settings } from './settings.js';

/** The answer to `initialize`: it takes whatever version it is asked for. */
export function handshakeResult({ protocolVersion }: Fields, { initialize }: Settings): object {
  return {
    protocolVersion,
    capabilities: { tools: {} },
    serverInfo: { name: 'faulty', version: PACKAGE.version },
    ...initialize,
  };
}

export function toolList(tools: { readonly [name: string]: { readonly does: string } }): object {
  return {
    tools: Object.entries(tools).map(([name, { does }]) => ({
      name,
      description: does,
      inputSchema: { type: 'object' },
    })),
  };
}
