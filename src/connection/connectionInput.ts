import { SUPPORTED_PROTOCOL_VERSIONS } from '@modelcontextprotocol/sdk/types.js';
import type { ConnectionInput } from '../../machines/index.js';
import { systemClock } from '../clock.js';
import { createHandle } from '../session/resources.js';
import { chanceOf } from './chance.js';
import { checkOptions } from './checkOptions.js';
import { resolveConfig } from './config.js';
import type { ConnectionOptions } from './options.js';
import { createSessionFactory } from './sessionFactory.js';

/** What the owner of a connection wants to hear from its sessions. */
export interface ConnectionHooks {
  onnotification(method: string, params: unknown): void;
  onstray(): void;
  onerror(error: Error): void;
  /** Resolves when no call is in flight; a session that drains waits for it. */
  whenIdle(): Promise<void>;
}

const NO_HOOKS: ConnectionHooks = {
  onnotification: () => {},
  onstray: () => {},
  onerror: () => {},
  whenIdle: () => Promise.resolve(),
};

/**
 * The input of `connectionLogic` for one connection, to invoke or spawn it in a machine of your own.
 * Nothing tells such an actor that the machine slept: send it `system.woke` where that matters.
 *
 * @throws ConfigError when the options cannot work
 */
export function connectionInput(
  options: ConnectionOptions,
  hooks: Partial<ConnectionHooks> = {},
): ConnectionInput {
  checkOptions(options);
  const config = resolveConfig(options);
  const { name, healthCheck, requiredCapabilities = [] } = options;
  const { clock = systemClock, gate = null } = options;
  const { whenIdle, ...sessionHooks } = { ...NO_HOOKS, ...hooks };
  const random = chanceOf(options.random ?? Math.random, sessionHooks.onerror);
  const createSession =
    options.createSession ?? createSessionFactory(options, { clock, random, ...sessionHooks });
  return {
    name,
    handle: createHandle({ clock, random, createSession, gate, whenIdle }),
    config,
    supportedVersions: [...SUPPORTED_PROTOCOL_VERSIONS],
    requiredCapabilities: [...requiredCapabilities],
    probe: healthCheck !== false && healthCheck?.probe !== undefined ? 'custom' : 'ping',
  };
}
