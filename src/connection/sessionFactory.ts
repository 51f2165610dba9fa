import type { Clock } from '../clock.js';
import { PACKAGE } from '../package.js';
import { createRedactor } from '../redact.js';
import { McpSession } from '../session/mcpSession.js';
import { SessionMemory } from '../session/memory.js';
import type { SessionFactory } from '../session/port.js';
import { createTransport, loadTransport } from '../transports/createTransport.js';
import { secretsOf } from '../transports/secrets.js';
import type { ConnectionOptions } from './options.js';

export interface SessionHooks {
  clock: Clock;
  random: () => number;
  onnotification(method: string, params: unknown): void;
  onstray(): void;
  onerror(error: Error): void;
}

/** Makes sessions over the SDK's client, each with a client and a transport of its own. */
export function createSessionFactory(options: ConnectionOptions, hooks: SessionHooks): SessionFactory {
  const { authProvider, headers, fetch, secrets, healthCheck } = options;
  const { clock, random } = hooks;
  const context = { authProvider, headers, fetch, secrets, clock, random };
  loadTransport(options.server);
  const memory = new SessionMemory();
  const redact = createRedactor(secretsOf(options.server, options));
  return () =>
    new McpSession({
      createTransport: () => createTransport(options.server, context),
      clientInfo: options.clientInfo ?? PACKAGE,
      capabilities: options.capabilities ?? {},
      clock,
      configureClient: options.configureClient,
      probe: healthCheck === false ? undefined : healthCheck?.probe,
      memory,
      redact,
      onnotification: hooks.onnotification,
      onstray: hooks.onstray,
      onerror: hooks.onerror,
    });
}
