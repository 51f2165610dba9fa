import { fileURLToPath } from 'node:url';
import type { ConnectionOptions } from '../../src/index.js';
import type { Scene, Subject } from '../matrix/scene.js';

const script = fileURLToPath(new URL('../fixtures/servers/rules-server.mjs', import.meta.url));

/** The server that writes down what it executes. */
export function rulesServer(scene: Scene, ...flags: string[]) {
  const args = [script, '--ledger', scene.ledger, ...flags];
  return { command: process.execPath, args, env: scene.mark.env };
}

/** A connection to it. */
export async function connect(
  scene: Scene,
  options: Omit<ConnectionOptions, 'name' | 'server'> = {},
  ...flags: string[]
): Promise<Subject> {
  const subject = scene.connection({ server: rulesServer(scene, ...flags), ...options });
  await subject.manager.connect();
  return subject;
}

/** A call of a tool, with the key that its executions are counted under. */
export const tool = (name: string, key: string, args: object = {}) => ({ name, arguments: { key, ...args } });

export { textOf } from '../transports/stdio/support.js';
